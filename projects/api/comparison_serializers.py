"""Commits and what they change, compared and counted, as JSON in GitLab's keys."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import Constant, Moment, ResponseSerializer
from identity.api.serializers import BasicUserSerializer
from jobs.models import CommitStatus, Job
from jobs.states import State
from projects.api.repository_serializers import CommitSerializer, RepositorySerializer
from projects.repository import Commit
from projects.repository.patches import Comparison, FilePatch, unified_names
from projects.tree_browser import display_name


class PatchSerializer(RepositorySerializer):
    """What a commit changes in one file. `diff` begins with `@@`."""

    old_path = serializers.SerializerMethodField()
    new_path = serializers.SerializerMethodField()
    a_mode = serializers.SerializerMethodField()
    b_mode = serializers.SerializerMethodField()
    new_file = serializers.SerializerMethodField()
    renamed_file = serializers.SerializerMethodField()
    deleted_file = serializers.SerializerMethodField()
    generated_file = Constant(None)
    collapsed = Constant(False)
    too_large = serializers.BooleanField(source="is_too_large")
    diff = serializers.SerializerMethodField()

    def get_old_path(self, patch: FilePatch) -> str:
        return display_name(patch.file.old_path)

    def get_new_path(self, patch: FilePatch) -> str:
        return display_name(patch.file.path)

    def get_a_mode(self, patch: FilePatch) -> str:
        return _mode(patch.file.old_mode)

    def get_b_mode(self, patch: FilePatch) -> str:
        return _mode(patch.file.new_mode)

    def get_new_file(self, patch: FilePatch) -> bool:
        return patch.file.kind == "added"

    def get_renamed_file(self, patch: FilePatch) -> bool:
        return patch.file.kind == "renamed"

    def get_deleted_file(self, patch: FilePatch) -> bool:
        return patch.file.kind == "deleted"

    def get_diff(self, patch: FilePatch) -> str:
        text = patch.hunks
        if self.view.params["unidiff"] and text.startswith("@@ "):
            text = "--- {}\n+++ {}\n{}".format(*unified_names(patch.file), text)
        return display_name(text)


def _mode(mode: int | None) -> str:
    return "0" if mode is None else f"{mode:06o}"


class ComparisonSerializer(RepositorySerializer):
    """`compare_timeout`: there is more than is told."""

    commit = serializers.SerializerMethodField()
    commits = serializers.SerializerMethodField()
    diffs = serializers.SerializerMethodField()
    compare_timeout = serializers.SerializerMethodField()
    compare_same_ref = serializers.BooleanField(source="is_same")

    @extend_schema_field(CommitSerializer(allow_null=True))
    def get_commit(self, found: Comparison) -> Any:
        return self._commits(found.commits[-1:])[0] if found.commits else None

    @extend_schema_field(CommitSerializer(many=True))
    def get_commits(self, found: Comparison) -> Any:
        return self._commits(found.commits)

    def _commits(self, commits: list[Commit]) -> Any:
        return CommitSerializer(context=self.context).render_all(commits)

    @extend_schema_field(PatchSerializer(many=True))
    def get_diffs(self, found: Comparison) -> Any:
        return PatchSerializer(context=self.context).render_all(found.patches)

    def get_compare_timeout(self, found: Comparison) -> bool:
        return not found.is_whole


class ContributorSerializer(ResponseSerializer):
    """Lines are not counted, here as at GitLab."""

    name = serializers.CharField()
    email = serializers.CharField()
    commits = serializers.IntegerField()
    additions = Constant(0)
    deletions = Constant(0)


class CommitRefSerializer(serializers.Serializer[Any]):
    type = serializers.ChoiceField(["branch", "tag"])
    name = serializers.CharField()


class SignatureSerializer(serializers.Serializer[Any]):
    """What an answer would hold if signatures were looked at; clients get the 404 of a commit without one."""

    signature_type = serializers.CharField()
    verification_status = serializers.CharField()


class StatusSerializer(ResponseSerializer):
    """A job or a program outside, as what it says about its commit."""

    id = serializers.IntegerField()
    sha = serializers.CharField(source="pipeline.sha")
    ref = serializers.CharField(source="pipeline.ref")
    status = serializers.ChoiceField(State.values)
    name = serializers.CharField()
    target_url = serializers.SerializerMethodField()
    description = serializers.SerializerMethodField()
    created_at = Moment()
    started_at = Moment(allow_null=True)
    finished_at = Moment(allow_null=True)
    allow_failure = serializers.BooleanField()
    coverage = serializers.FloatField(allow_null=True)
    pipeline_id = serializers.IntegerField()
    author = BasicUserSerializer(source="user", allow_null=True)

    def get_description(self, row: Job | CommitStatus) -> str | None:
        return (row.description or None) if isinstance(row, CommitStatus) else None

    def get_target_url(self, job: Job | CommitStatus) -> str | None:
        if isinstance(job, CommitStatus):
            return job.target_url or None
        return self.absolute_url(f"/{self.context['view'].access.project.full_path}/-/jobs/{job.pk}")
