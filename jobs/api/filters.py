"""The filters of lists of pipelines, jobs, runners, schedules, environments and deployments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from api.input.fields import Boolean, Choice, Moment, Text, Words
from api.input.list_filters import ListFilters, Rows, only_order
from api.rest import bad_request
from jobs.api.serializers.runners import CONNECTION_STATUSES
from jobs.models import Deployment, Environment, Pipeline, Schedule
from jobs.models.deployment import STATUSES, job_states_for
from jobs.models.environment import EnvironmentState
from jobs.models.pipeline import Source
from jobs.querysets import PipelineQuerySet
from jobs.runners.querysets import RunnerQuerySet
from jobs.runners.types import RunnerType
from jobs.states import COMPLETED, State

MIN_SEARCH_LENGTH = 3
_PIPELINE_SCOPES = {
    "running": Q(status=State.RUNNING),
    "pending": Q(status=State.PENDING),
    "finished": Q(status__in=sorted(COMPLETED)),
    "branches": Q(tag=False),
    "tags": Q(tag=True),
}


class PipelineFilters(ListFilters):
    scope = Choice(_PIPELINE_SCOPES)
    status = Choice(State.values)
    source: Any = Choice(Source.values)
    ref = Text()
    sha = Text()
    name = Text()
    username = Text(source="user__username__iexact")
    yaml_errors = Boolean()
    created_after = Moment(source="created_at__gte")
    created_before = Moment(source="created_at__lte")
    updated_after = Moment(source="updated_at__gt")
    updated_before = Moment(source="updated_at__lt")

    orders = {"id": "id", "status": "status", "ref": "ref", "updated_at": "updated_at", "user_id": "user_id"}

    def filter_ref(self, rows: PipelineQuerySet, ref: str) -> PipelineQuerySet:
        return rows.of_ref(ref)

    def filter_scope(self, rows: QuerySet[Pipeline], scope: str) -> QuerySet[Pipeline]:
        return rows.filter(_PIPELINE_SCOPES[scope])

    def filter_yaml_errors(self, rows: QuerySet[Pipeline], wanted: bool) -> QuerySet[Pipeline]:
        return rows.exclude(yaml_errors="") if wanted else rows.filter(yaml_errors="")

    @classmethod
    def filter(cls, rows: Rows, values: Mapping[str, Any]) -> Rows:
        """Children are part of their parents; who wants them asks for them."""
        found = super().filter(rows, values)
        return found if "source" in values else found.exclude(source=Source.PARENT)


class SchedulePipelineFilters(ListFilters):
    scope = Choice(_PIPELINE_SCOPES)
    status = Choice(State.values)

    orders = {"id": "id", "status": "status", "ref": "ref", "updated_at": "updated_at", "user_id": "user_id"}
    default_order = ("id", "asc")

    filter_scope = PipelineFilters.filter_scope


class JobFilters(ListFilters):
    """`scope`: states."""

    scope = Words(State.values, source="status__in")

    unsupported = {**dict.fromkeys(("id_before", "kind", "name", "source")), **only_order("id", "desc")}


class PipelineJobFilters(JobFilters):
    include_retried = Boolean(default=False)

    def filter_include_retried(self, rows: Rows, wanted: bool) -> Rows:
        return rows if wanted else rows.filter(retried=False)


class RunnerJobFilters(ListFilters):
    status = Choice(State.values)
    system_id = Text(max_length=64, source="manager__system_id")
    scope = Words(State.values, source="status__in")

    orders = {"id": "id"}


class RunnerFilters(ListFilters):
    """`scope` is the older name of `type` and `status`. `tag_list`: runners that have all of these."""

    type = Choice(RunnerType.values, source="runner_type")
    status = Choice([*CONNECTION_STATUSES, "active", "paused"])
    scope = Choice([*CONNECTION_STATUSES, "active", "paused", "specific", "shared"])
    paused = Boolean()
    tag_list = Words()

    unsupported = {"version_prefix": None}

    def filter_status(self, rows: RunnerQuerySet, status: str) -> RunnerQuerySet:
        if status in {"active", "paused"}:
            return rows.filter(paused=status == "paused")
        return rows.with_connection_status(status)

    def filter_scope(self, rows: RunnerQuerySet, scope: str) -> RunnerQuerySet:
        if scope in {"specific", "shared"}:
            return rows.filter(runner_type=RunnerType.PROJECT if scope == "specific" else RunnerType.INSTANCE)
        return self.filter_status(rows, scope)

    def filter_tag_list(self, rows: RunnerQuerySet, tags: list[str]) -> RunnerQuerySet:
        wanted = set(tags)
        return rows.filter(pk__in=[runner.pk for runner in rows if wanted <= set(runner.tag_list)]) if wanted else rows


class ScheduleFilters(ListFilters):
    scope = Choice(["active", "inactive"])

    def filter_scope(self, rows: QuerySet[Schedule], scope: str) -> QuerySet[Schedule]:
        return rows.filter(active=scope == "active")


class EnvironmentFilters(ListFilters):
    name = Text()
    search = Text()
    states = Choice(EnvironmentState.values, source="state")

    exclusive_words = "cannot be used together"
    mutually_exclusive = ("name", "search")

    def filter_search(self, rows: QuerySet[Environment], text: str) -> QuerySet[Environment]:
        if len(text) < MIN_SEARCH_LENGTH:
            raise bad_request(f"Search query is less than {MIN_SEARCH_LENGTH} characters")
        return rows.filter(name__icontains=text)


class DeploymentFilters(ListFilters):
    environment = Text(source="environment__name")
    status = Choice(STATUSES)
    updated_after = Moment(source="last_moved_at__gt")
    updated_before = Moment(source="last_moved_at__lt")
    finished_after = Moment(source="finished_at__gt")
    finished_before = Moment(source="finished_at__lt")

    orders = {
        "id": "id",
        "iid": "iid",
        "created_at": "created_at",
        "updated_at": "last_moved_at",
        "finished_at": "finished_at",
        "ref": "job__pipeline__ref",
    }
    default_order = ("id", "asc")

    def filter_status(self, rows: QuerySet[Deployment], status: str) -> QuerySet[Deployment]:
        return rows.filter(Q(job__status__in=job_states_for(status)) | Q(reported_status=status))
