"""A repository as JSON: folders, files, commits, branches and tags, in GitLab's keys."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import ABSENT, Constant, LocalMoment, Moment, OptionalMethod, ResponseSerializer
from jobs.models import Pipeline
from projects.repository import Commit, Entry, Ref, Repository, commit_time
from projects.repository.changes import count_lines
from projects.repository.diffs import commit_trees
from projects.repository.git_command import OutputTooLarge
from projects.repository.history import is_merged, last_change
from projects.tree_browser import display_name
from tokenaccess.access.gate import is_allowed
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role
from tokenaccess.policy.protected_refs import RefOperation

EXECUTABLE = 0o100755


class RepositorySerializer(ResponseSerializer):
    """Renders what lies in the repository of its view (RepositoryView)."""

    @property
    def view(self) -> Any:
        return self.context["view"]


# --- Folders and files ------------------------------------------------------------------------------------------------


class EntrySerializer(ResponseSerializer):
    id = serializers.CharField(source="sha")
    name = serializers.SerializerMethodField()
    type = serializers.ChoiceField(["tree", "blob", "commit"], source="kind")
    path = serializers.SerializerMethodField()
    mode = serializers.CharField()

    def get_name(self, entry: Entry) -> str:
        return display_name(entry.name)

    def get_path(self, entry: Entry) -> str:
        return display_name(entry.path)


class FileSerializer(serializers.Serializer[Any]):
    """A file at a ref; the content is base64."""

    file_name = serializers.CharField()
    file_path = serializers.CharField()
    size = serializers.IntegerField()
    encoding = serializers.CharField()
    content_sha256 = serializers.CharField()
    ref = serializers.CharField()
    blob_id = serializers.CharField()
    commit_id = serializers.CharField()
    last_commit_id = serializers.CharField()
    execute_filemode = serializers.BooleanField()
    content = serializers.CharField()


def describe_file(repository: Repository, ref: Ref, path: str, data: bytes) -> dict[str, Any]:
    """FileSerializer, without the content."""
    return describe_content(repository, ref, path, len(data), hashlib.sha256(data).hexdigest())


def describe_content(repository: Repository, ref: Ref, path: str, size: int, sha256: str) -> dict[str, Any]:
    """As `describe_file`, of a file that is not at hand."""
    return {
        "file_name": path.rpartition("/")[2],
        "file_path": path,
        "size": size,
        "encoding": "base64",
        "content_sha256": sha256,
        "ref": ref.name,
        "blob_id": repository.blob_id(ref.sha, path),
        "commit_id": ref.sha,
        "last_commit_id": last_change(repository, ref.sha, path),
        "execute_filemode": repository.mode(ref.sha, path) == EXECUTABLE,
    }


def file_headers(description: dict[str, Any]) -> dict[str, str]:
    """The same as `X-Gitlab-…` headers, for who asks with HEAD."""
    return {f"X-Gitlab-{name.replace('_', '-').title()}": _header_text(value) for name, value in description.items()}


def _header_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return text if text.isprintable() else quote(text)


class WrittenFileSerializer(serializers.Serializer[Any]):
    file_path = serializers.CharField()
    branch = serializers.CharField()


class BlobSerializer(serializers.Serializer[Any]):
    size = serializers.IntegerField()
    encoding = serializers.CharField()
    content = serializers.CharField()
    sha = serializers.CharField()


# --- Commits ----------------------------------------------------------------------------------------------------------


class CommitStatsSerializer(serializers.Serializer[Any]):
    additions = serializers.IntegerField()
    deletions = serializers.IntegerField()
    total = serializers.IntegerField()


class CommitSerializer(RepositorySerializer):
    """`stats` where they are asked for: to count lines takes a while. None where there is too much to read."""

    id = serializers.CharField(source="sha")
    short_id = serializers.CharField(source="short_sha")
    created_at = LocalMoment(source="committed_at")
    parent_ids = serializers.ListField(child=serializers.CharField(), source="parents")
    title = serializers.CharField()
    message = serializers.CharField()
    author_name = serializers.CharField()
    author_email = serializers.CharField()
    authored_date = LocalMoment(source="authored_at")
    committer_name = serializers.CharField()
    committer_email = serializers.CharField()
    committed_date = LocalMoment(source="committed_at")
    trailers = Constant({})
    extended_trailers = Constant({})
    web_url = serializers.SerializerMethodField()

    def get_web_url(self, commit: Commit) -> str:
        return self.absolute_url(f"/{self.view.access.project.full_path}/-/commit/{commit.sha}")


class CommitWithStatsSerializer(CommitSerializer):
    stats = OptionalMethod()

    @extend_schema_field(CommitStatsSerializer(allow_null=True))
    def get_stats(self, commit: Commit) -> Any:
        if not self.view.params["stats"]:
            return ABSENT
        repository: Repository = self.view.repository
        try:
            additions, deletions = count_lines(repository.git, *commit_trees(repository, commit.sha))
        except OutputTooLarge:
            return None
        return {"additions": additions, "deletions": deletions, "total": additions + deletions}


class CommitPipelineSerializer(RepositorySerializer):
    """A commit's last pipeline, in brief."""

    id = serializers.IntegerField()
    iid = serializers.IntegerField()
    project_id = serializers.IntegerField()
    sha = serializers.CharField()
    ref = serializers.CharField()
    status = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    created_at = Moment()
    updated_at = Moment()
    web_url = serializers.SerializerMethodField()

    def get_web_url(self, pipeline: Pipeline) -> str:
        return self.absolute_url(f"/{self.view.access.project.full_path}/-/pipelines/{pipeline.pk}")


class CommitDetailSerializer(CommitWithStatsSerializer):
    """With the last pipeline, for those who may see pipelines."""

    project_id = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    last_pipeline = serializers.SerializerMethodField()

    def prepare(self, rows: Any) -> None:
        (commit,) = rows
        self.last: Pipeline | None = None
        project = self.view.access.project
        if is_allowed(self.context["request"]._request, Action.READ_PIPELINES, project):
            found = Pipeline.objects.filter(project=project, sha=commit.sha)
            self.last = found.order_by("-id").first()

    def get_project_id(self, commit: Commit) -> int:
        project_id: int = self.view.access.project.pk
        return project_id

    def get_status(self, commit: Commit) -> str | None:
        return self.last.status if self.last else None

    @extend_schema_field(CommitPipelineSerializer(allow_null=True))
    def get_last_pipeline(self, commit: Commit) -> Any:
        return self.last and CommitPipelineSerializer(context=self.context).render(self.last)


# --- Branches and tags ------------------------------------------------------------------------------------------------


class RefSerializer(RepositorySerializer):
    name = serializers.CharField()
    commit = serializers.SerializerMethodField()
    protected = serializers.SerializerMethodField()

    @extend_schema_field(CommitSerializer)
    def get_commit(self, ref: Ref) -> Any:
        return CommitSerializer(context=self.context).render(self.view.repository.commit(ref.sha))

    def get_protected(self, ref: Ref) -> bool:
        found: bool = self.view.protections.protects(ref.name, tag=ref.is_tag)
        return found


class BranchSerializer(RefSerializer):
    merged = serializers.SerializerMethodField()
    default = serializers.SerializerMethodField(method_name="is_default")
    developers_can_push = serializers.SerializerMethodField()
    developers_can_merge = serializers.SerializerMethodField()
    can_push = serializers.SerializerMethodField()
    web_url = serializers.SerializerMethodField()

    def prepare(self, rows: Any) -> None:
        self.main = self.view.repository.branch(self.view.access.project.default_branch)

    def get_merged(self, ref: Ref) -> bool:
        main = self.main
        return main is not None and ref.name != main.name and is_merged(self.view.repository, ref.sha, main.sha)

    def is_default(self, ref: Ref) -> bool:
        return bool(ref.name == self.view.access.project.default_branch)

    def get_developers_can_push(self, ref: Ref) -> bool:
        return self._lets_developers(RefOperation.PUSH, ref)

    def get_developers_can_merge(self, ref: Ref) -> bool:
        return self._lets_developers(RefOperation.MERGE, ref)

    def _lets_developers(self, operation: RefOperation, ref: Ref) -> bool:
        """Of a branch that is not protected GitLab says no here, too: the keys are about its protection."""
        context = self.view.protections.context(ref.name, operation=operation)
        return self.get_protected(ref) and bool(context.allows(Role.DEVELOPER))

    def get_can_push(self, ref: Ref) -> bool:
        return bool(self.view.is_allowed(RefOperation.PUSH, ref.name, action=Action.PUSH_CODE))

    def get_web_url(self, ref: Ref) -> str:
        return self.absolute_url(f"/{self.view.access.project.full_path}/-/tree/{quote(ref.name)}")


class TagSerializer(RefSerializer):
    """`target`: of an annotated tag its own id; `created_at`: when that was made."""

    message = serializers.SerializerMethodField()
    target = serializers.SerializerMethodField()
    release = Constant(None)
    created_at = serializers.SerializerMethodField()

    def get_message(self, ref: Ref) -> str:
        text: str = self.view.repository.tag_message(ref.name)
        return text

    def get_target(self, ref: Ref) -> str:
        found = self.view.repository.tag_object(ref.name)
        return ref.sha if found is None else str(found.id)

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_created_at(self, ref: Ref) -> str | None:
        found = self.view.repository.tag_object(ref.name)
        if found is None or found.tagger is None:
            return None
        return LocalMoment.convert(commit_time(found.tagger.time, found.tagger.offset))
