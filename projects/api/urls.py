"""Groups, projects, members and repositories under /api/v4."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter

from projects.api.views import (
    archives,
    code,
    commits,
    comparisons,
    files,
    groups,
    members,
    namespaces,
    projects,
    protected_refs,
    refs,
)
from projects.converters import ArchiveSuffixConverter

register_converter(ArchiveSuffixConverter, "archive_suffix")

urlpatterns: list[URLPattern | URLResolver] = [
    path("namespaces", namespaces.NamespaceList.as_view()),
    path("namespaces/<ref:group>", namespaces.NamespaceDetail.as_view()),
    path("groups", groups.GroupList.as_view()),
    path("groups/<ref:group>", groups.GroupDetail.as_view()),
    path("groups/<ref:group>/subgroups", groups.Subgroups.as_view()),
    path("groups/<ref:group>/descendant_groups", groups.DescendantGroups.as_view()),
    path("groups/<ref:group>/projects", groups.GroupProjects.as_view()),
    path("groups/<ref:group>/members", members.GroupMembers.as_view()),
    path("groups/<ref:group>/members/all", members.AllGroupMembers.as_view()),
    path("groups/<ref:group>/members/all/<str:user_id>", members.AnyGroupMember.as_view()),
    path("groups/<ref:group>/members/<str:user_id>", members.GroupMember.as_view()),
    path("users/<str:user>/projects", projects.PersonProjects.as_view()),
    path("projects", projects.ProjectList.as_view()),
    path("projects/user/<str:user>", projects.ProjectForPerson.as_view()),
    path("projects/<ref:project>", projects.ProjectDetail.as_view()),
    path("projects/<ref:project>/archive", projects.Archive.as_view(), {"archived": True}),
    path("projects/<ref:project>/unarchive", projects.Archive.as_view(), {"archived": False}),
    path("projects/<ref:project>/members", members.ProjectMembers.as_view()),
    path("projects/<ref:project>/members/all", members.AllProjectMembers.as_view()),
    path("projects/<ref:project>/members/all/<str:user_id>", members.AnyProjectMember.as_view()),
    path("projects/<ref:project>/members/<str:user_id>", members.ProjectMember.as_view()),
    path("projects/<ref:project>/repository/tree", code.Tree.as_view()),
    path("projects/<ref:project>/repository/archive", archives.Archives.as_view()),
    path("projects/<ref:project>/repository/archive.<archive_suffix:suffix>", archives.ArchivesBySuffix.as_view()),
    path("projects/<ref:project>/repository/blobs/<str:sha>", code.Blob.as_view()),
    path("projects/<ref:project>/repository/blobs/<str:sha>/raw", code.RawBlob.as_view()),
    path("projects/<ref:project>/repository/files/<path:file_path>/raw", files.RawFile.as_view()),
    path("projects/<ref:project>/repository/files/<path:file_path>", files.File.as_view()),
    path("projects/<ref:project>/repository/commits", commits.CommitList.as_view()),
    path("projects/<ref:project>/repository/commits/<path:sha>/diff", comparisons.CommitDiff.as_view()),
    path("projects/<ref:project>/repository/commits/<path:sha>/refs", comparisons.CommitRefs.as_view()),
    path("projects/<ref:project>/repository/commits/<path:sha>/statuses", comparisons.CommitStatuses.as_view()),
    path("projects/<ref:project>/repository/commits/<path:sha>/signature", comparisons.CommitSignature.as_view()),
    path("projects/<ref:project>/repository/commits/<path:sha>", commits.CommitDetail.as_view()),
    path("projects/<ref:project>/repository/compare", comparisons.Compare.as_view()),
    path("projects/<ref:project>/repository/merge_base", comparisons.MergeBase.as_view()),
    path("projects/<ref:project>/repository/contributors", comparisons.Contributors.as_view()),
    path("projects/<ref:project>/repository/merged_branches", refs.MergedBranches.as_view()),
    path("projects/<ref:project>/repository/branches", refs.Branches.as_view()),
    path("projects/<ref:project>/repository/branches/<path:branch>", refs.Branch.as_view()),
    path("projects/<ref:project>/repository/tags", refs.Tags.as_view()),
    path("projects/<ref:project>/repository/tags/<path:tag>/signature", comparisons.TagSignature.as_view()),
    path("projects/<ref:project>/repository/tags/<path:tag>", refs.Tag.as_view()),
    path("projects/<ref:project>/protected_branches", protected_refs.ProtectedBranches.as_view()),
    path("projects/<ref:project>/protected_branches/<path:name>", protected_refs.ProtectedBranch.as_view()),
    path("projects/<ref:project>/protected_tags", protected_refs.ProtectedTags.as_view()),
    path("projects/<ref:project>/protected_tags/<path:name>", protected_refs.ProtectedTag.as_view()),
]
