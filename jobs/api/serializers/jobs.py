"""Jobs as JSON (resources.md §5). The shape is declared; what is sent is built from parts, because pages of jobs are
long and `GET /job` builds the same from another source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from api.rest import moment
from api.serializers import Constant, Moment, ResponseSerializer
from jobs.api.json_parts import artifact_fields, commit_json, job_address, pipeline_line_json
from jobs.api.serializers.people import ActorSerializer, actor_json
from jobs.api.serializers.pipelines import PipelineLineSerializer
from jobs.api.serializers.runners import RunnerLineSerializer, RunnerManagerSerializer, manager_line, runner_line
from jobs.artifacts.archive import ArchiveRow
from jobs.models import Job
from jobs.states import State
from tokenaccess.access.facts import settings_of


class JobCommitSerializer(serializers.Serializer[Any]):
    """The commit as it was when the pipeline was created."""

    id = serializers.CharField()
    short_id = serializers.CharField()
    created_at = serializers.DateTimeField()
    parent_ids = serializers.ListField(child=serializers.CharField())
    title = serializers.CharField()
    message = serializers.CharField()
    author_name = serializers.CharField()
    author_email = serializers.CharField()
    authored_date = serializers.DateTimeField()
    committer_name = serializers.CharField()
    committer_email = serializers.CharField()
    committed_date = serializers.DateTimeField()
    trailers = Constant({})
    web_url = serializers.URLField()


class ArchiveSerializer(serializers.Serializer[Any]):
    filename = serializers.CharField()
    size = serializers.IntegerField()


class ArtifactSerializer(ArchiveSerializer):
    file_type = serializers.CharField()
    file_format = serializers.CharField(allow_null=True)


class JobProjectSerializer(serializers.Serializer[Any]):
    ci_job_token_scope_enabled = serializers.BooleanField()


class _CommonJobSerializer(ResponseSerializer):
    """What jobs of runners and bridges have in common. Expects `for_display()`."""

    id = serializers.IntegerField()
    status = serializers.ChoiceField(State.values)
    stage = serializers.CharField()
    name = serializers.CharField()
    ref = serializers.CharField()
    tag = serializers.BooleanField()
    coverage = serializers.FloatField(allow_null=True)
    allow_failure = serializers.BooleanField()
    created_at = Moment()
    started_at = Moment(allow_null=True)
    finished_at = Moment(allow_null=True)
    erased_at = Moment(allow_null=True)
    duration = serializers.FloatField(allow_null=True, help_text="Seconds.")
    queued_duration = serializers.FloatField(allow_null=True, help_text="Seconds.")
    user = ActorSerializer(allow_null=True)
    commit = JobCommitSerializer(allow_null=True)
    pipeline = PipelineLineSerializer()
    failure_reason = serializers.CharField(required=False)
    web_url = serializers.URLField()
    project = JobProjectSerializer()
    archived = serializers.BooleanField()

    def prepare(self, rows: Sequence[Job]) -> None:
        """Whether each project limits where its jobs may go is asked once for all its jobs."""
        projects = {job.project_id: job.project for job in rows}
        self.limited = {pk: settings_of(project).limits_outbound for pk, project in projects.items()}

    def to_representation(self, instance: Job) -> dict[str, Any]:
        pipeline, path = instance.pipeline, instance.project.full_path
        return {
            "id": instance.pk,
            "status": instance.status,
            "stage": instance.stage,
            "name": instance.name,
            "ref": pipeline.ref,
            "tag": pipeline.tag,
            "coverage": instance.coverage,
            "allow_failure": instance.allow_failure,
            "created_at": moment(instance.created_at),
            "started_at": moment(instance.started_at),
            "finished_at": moment(instance.finished_at),
            "erased_at": moment(instance.erased_at),
            "duration": instance.duration,
            "queued_duration": instance.queued_duration,
            "user": actor_json(instance.user),
            "commit": commit_json(pipeline.commit, path),
            "pipeline": pipeline_line_json(pipeline, path),
            **({"failure_reason": instance.failure_reason} if instance.status == State.FAILED else {}),
            "web_url": job_address(path, instance.pk),
            "project": {"ci_job_token_scope_enabled": self.limited[instance.project_id]},
        }


class JobSerializer(_CommonJobSerializer):
    artifacts_file = ArchiveSerializer(required=False)
    artifacts = ArtifactSerializer(many=True)
    artifacts_expire_at = Moment(allow_null=True)
    runner = RunnerLineSerializer(allow_null=True)
    runner_manager = RunnerManagerSerializer(allow_null=True)
    tag_list = serializers.ListField(child=serializers.CharField())

    def to_representation(self, instance: Job) -> dict[str, Any]:
        return {
            **super().to_representation(instance),
            **artifact_fields(instance.artifacts.all()),
            "runner": runner_line(instance.runner) if instance.runner else None,
            "runner_manager": manager_line(instance.manager) if instance.manager else None,
            "archived": False,
            "tag_list": instance.tag_list,
        }


class BridgeSerializer(_CommonJobSerializer):
    """A job that starts another pipeline, which is shown to those who may see it there (`view.visible_targets`)."""

    downstream_pipeline = PipelineLineSerializer(allow_null=True)

    def prepare(self, rows: Sequence[Job]) -> None:
        super().prepare(rows)
        self.visible: set[int] = self.context["view"].visible_targets(rows)

    def to_representation(self, instance: Job) -> dict[str, Any]:
        below = next((one for one in instance.downstream.all() if one.project_id in self.visible), None)
        return {
            **super().to_representation(instance),
            "archived": False,
            "downstream_pipeline": pipeline_line_json(below, below.project.full_path) if below else None,
        }


class IdSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()


class AgentProjectSerializer(IdSerializer):
    groups = IdSerializer(many=True)


class AgentUserSerializer(IdSerializer):
    username = serializers.CharField()
    roles_in_project = serializers.ListField(child=serializers.CharField())


class AgentEnvironmentSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    tier = serializers.CharField()


class ArtifactRowSerializer(ResponseSerializer):
    """A file or folder of an archive."""

    name = serializers.CharField()
    path = serializers.CharField()
    type = serializers.SerializerMethodField()
    size = serializers.SerializerMethodField()

    def get_type(self, row: ArchiveRow) -> str:
        return "directory" if row.is_folder else "file"

    def get_size(self, row: ArchiveRow) -> int | None:
        return None if row.is_folder else row.size


class AllowedAgentsSerializer(serializers.Serializer[Any]):
    """There are no agents; the rest says by which rights one would act."""

    allowed_agents = Constant([])
    job = IdSerializer()
    pipeline = IdSerializer()
    project = AgentProjectSerializer()
    user = AgentUserSerializer()
    environment = AgentEnvironmentSerializer(required=False)
