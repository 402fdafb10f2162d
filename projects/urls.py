"""Pages of groups, projects and their repositories. A file's address may hold any character, a line break too."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter

from projects.converters import FilePathConverter
from projects.views import archives, code, commits, create, group_deletion, members, moves, protected_refs, settings

register_converter(FilePathConverter, "file_path")

_GROUP, _PROJECT = "groups/<full_path:group_path>", "<full_path:project_path>/-"

urlpatterns: list[URLPattern | URLResolver] = [
    path("projects/new", create.new_project, name="new_project"),
    path("groups/new", create.new_group, name="new_group"),
    path(_GROUP, create.group_address, name="group_address"),
    path(f"{_GROUP}/-/members", members.group_members, name="group_members"),
    path(f"{_GROUP}/-/members/<int:membership>", members.group_member, name="group_member"),
    path(f"{_GROUP}/-/members/<int:membership>/remove", members.group_member_remove, name="group_member_remove"),
    path(f"{_PROJECT}/members", members.project_members, name="project_members"),
    path(f"{_PROJECT}/members/<int:membership>", members.project_member, name="project_member"),
    path(f"{_PROJECT}/members/<int:membership>/remove", members.project_member_remove, name="project_member_remove"),
    path(f"{_GROUP}/-/group_links", moves.group_invitations, name="group_invitations"),
    path(f"{_GROUP}/-/group_links/<int:link>/remove", moves.group_invitation_remove, name="group_invitation_remove"),
    path(f"{_PROJECT}/group_links", moves.project_invitations, name="project_invitations"),
    path(
        f"{_PROJECT}/group_links/<int:link>/remove", moves.project_invitation_remove, name="project_invitation_remove"
    ),
    path(f"{_PROJECT}/forks/new", moves.fork, name="project_fork"),
    path(f"{_PROJECT}/settings/transfer", moves.transfer_project, name="project_transfer"),
    path(f"{_GROUP}/-/transfer", moves.transfer_group, name="group_transfer"),
    path(f"{_GROUP}/-/delete", group_deletion.delete_group, name="group_delete"),
    path(f"{_PROJECT}/settings/general", settings.general, name="project_settings_general"),
    path(f"{_PROJECT}/settings/repository", protected_refs.repository, name="project_settings_repository"),
    path(f"{_PROJECT}/settings/repository/<int:protected>", protected_refs.change, name="project_protected_ref"),
    path(
        f"{_PROJECT}/settings/repository/<int:protected>/remove",
        protected_refs.unprotect,
        name="project_protected_ref_remove",
    ),
    path(f"{_PROJECT}/settings/archive", settings.archive, name="project_archive"),
    path(f"{_PROJECT}/settings/delete", settings.delete, name="project_delete"),
    path("<full_path:project_path>/-/tree", code.files, name="project_files"),
    path("<full_path:project_path>/-/tree/<file_path:address>", code.tree, name="project_tree"),
    path("<full_path:project_path>/-/blob/<file_path:address>", code.blob, name="project_blob"),
    path("<full_path:project_path>/-/raw/<file_path:address>", code.raw, name="project_raw"),
    path("<full_path:project_path>/-/archive/<file_path:address>", archives.archive, name="project_archive_file"),
    path("<full_path:project_path>/-/commits", code.commits, name="project_commits"),
    path("<full_path:project_path>/-/commits/<file_path:address>", code.commits, name="project_commits_at"),
    path("<full_path:project_path>/-/commit/<file_path:name>", commits.commit, name="project_commit"),
    path("<full_path:project_path>/-/branches", code.branches, name="project_branches"),
]
