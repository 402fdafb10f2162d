"""Resource groups by REST: the names that jobs of the project share, who holds them, and who is next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Max, Min, QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from api.input.fields import Choice
from api.input.parameters import Parameters
from api.operations import operation
from api.rest import not_found
from api.serializers import Moment, ResponseSerializer
from jobs.api.pipelines import PipelineView
from jobs.api.serializers.jobs import JobSerializer
from jobs.models import Job, ProcessMode, ResourceGroupMode
from jobs.pipelines.resource_groups import set_process_mode, upcoming_jobs
from jobs.states import ACTIVE
from tokenaccess.policy import Action


class ResourceGroupSerializer(ResponseSerializer):
    id = serializers.IntegerField(source="first_id", help_text="Of the first job that named it.")
    key = serializers.CharField()
    process_mode = serializers.ChoiceField(ProcessMode.values)
    created_at = Moment(source="first_at")
    updated_at = Moment(source="last_at")


class ResourceGroupFilters(Parameters):
    unsupported = {"include_html_description": False}


class ResourceGroupChanges(Parameters):
    process_mode = Choice(ProcessMode.values)


class ResourceGroupRow:
    def __init__(self, values: Mapping[str, Any], set_mode: ResourceGroupMode | None) -> None:
        self.key, self.first_id = values["resource_group"], values["first_id"]
        self.first_at, self.last_at = values["first_at"], values["last_at"]
        self.process_mode: str = ProcessMode.UNORDERED
        if set_mode is not None:
            self.process_mode, self.last_at = set_mode.process_mode, max(set_mode.updated_at, self.last_at)


class ResourceGroupView(PipelineView):
    @property
    def jobs(self) -> QuerySet[Job]:
        return Job.objects.filter(project=self.project).exclude(resource_group="")

    def groups(self, rows: QuerySet[Job]) -> list[ResourceGroupRow]:
        named = rows.order_by().values("resource_group")
        found = named.annotate(first_id=Min("id"), first_at=Min("created_at"), last_at=Max("created_at"))
        modes = {row.name: row for row in ResourceGroupMode.objects.filter(project=self.project)}
        ordered = found.order_by("resource_group")
        return [ResourceGroupRow(values, modes.get(values["resource_group"])) for values in ordered]

    def group(self, key: str) -> ResourceGroupRow:
        found = self.groups(self.jobs.filter(resource_group=key.replace("\0", "")))
        if not found:
            raise not_found("Resource Group")
        return found[0]


class ResourceGroups(ResourceGroupView):
    actions = {"GET": Action.READ_RESOURCE_GROUPS}

    @operation(ResourceGroupFilters, returns=ResourceGroupSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> list[ResourceGroupRow]:
        return self.groups(self.jobs)


class ResourceGroup(ResourceGroupView):
    actions = {"GET": Action.READ_RESOURCE_GROUPS, "PUT": Action.UPDATE_JOB}

    @operation(returns=ResourceGroupSerializer)
    def get(self, request: Request, project: str, key: str) -> ResourceGroupRow:
        return self.group(key)

    @operation(ResourceGroupChanges, returns=ResourceGroupSerializer)
    def put(self, request: Request, project: str, key: str, params: dict[str, Any]) -> ResourceGroupRow:
        group = self.group(key)
        if "process_mode" in params:
            set_process_mode(self.project, group.key, params["process_mode"], by=self.current_user)
        return self.group(key)


class CurrentJob(ResourceGroupView):
    actions = {"GET": Action.READ_RESOURCE_GROUPS}

    @operation(returns=JobSerializer)
    def get(self, request: Request, project: str, key: str) -> Job:
        rows = Job.objects.scripts().for_display().filter(project=self.project, resource_group=self.group(key).key)
        found = rows.filter(status__in=ACTIVE).order_by("id").first()
        if found is None:
            raise not_found("Job")
        return found


class UpcomingJobs(ResourceGroupView):
    actions = {"GET": Action.READ_RESOURCE_GROUPS}

    @operation(returns=JobSerializer, many=True)
    def get(self, request: Request, project: str, key: str) -> QuerySet[Job]:
        group = self.group(key)
        upcoming = upcoming_jobs(self.project.pk, group.key, group.process_mode)
        return upcoming.scripts().for_display()  # type: ignore[attr-defined]
