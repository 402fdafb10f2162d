"""`/token_access/{instance,groups/:id,projects/:id}/trial`: what limits on trial would refuse, and what of it is meant
to be. GitLab has no such thing."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.rest import not_found
from projects.models import Group, Project
from tokenaccess.access.gate import find_if_permitted
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.drf import GatedView
from tokenaccess.allowlist import services
from tokenaccess.allowlist.impact.many_trials import ManyTrialsReport, report_many_trials
from tokenaccess.allowlist.impact.trial import TrialReport, TrialSource, report_trials
from tokenaccess.allowlist.services.ignored_sources import ignored_sources
from tokenaccess.api.params import NewIgnoredSource, TrialHorizon
from tokenaccess.api.serializers import ManyTrialsSerializer, TrialSerializer
from tokenaccess.policy import Action


class ProjectTrial(GatedView):
    actions = {"GET": Action.READ_TOKEN_ACCESS}

    @operation(TrialHorizon, returns=TrialSerializer)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> TrialReport[TrialSource]:
        return report_trials(self.access.project, self.current_user, params["days"])


class GroupTrial(GatedView):
    """Of all projects below the group that are on trial, whoever put them there."""

    actions = {"GET": Action.READ_GROUP_TOKEN_ACCESS}

    @operation(TrialHorizon, returns=ManyTrialsSerializer)
    def get(self, request: Request, group: str, params: dict[str, Any]) -> ManyTrialsReport:
        return report_many_trials(self.access.group, self.current_user, params["days"])


class InstanceTrial(GatedView):
    """Of all projects that are on trial. The instance ignores no source: projects and groups do."""

    actions = {"GET": Action.INSPECT}

    @operation(TrialHorizon, returns=ManyTrialsSerializer)
    def get(self, request: Request, params: dict[str, Any]) -> ManyTrialsReport:
        return report_many_trials(None, self.current_user, params["days"])


class _IgnoredSources(GatedView):
    """Sources that are to be refused, and that the report leaves out."""

    @operation(NewIgnoredSource, status=204)
    def post(self, request: Request, params: dict[str, Any], **_holder: str) -> None:
        named = IdOrPath("id", params["source_project_id"])
        source = find_if_permitted(self.current_user, Action.READ_PROJECT, named)
        if not isinstance(source, Project):
            raise not_found("Project")
        services.ignore_source(_holder_of(self), source, by=self.current_user)


class _IgnoredSource(GatedView):
    @operation()
    def delete(self, request: Request, source: int, **_holder: str) -> None:
        holder = _holder_of(self)
        ignored = ignored_sources(holder).select_related("source").filter(source__pk=source).first()
        if ignored is None:
            raise not_found("Project")
        services.restore_source(holder, ignored.source, by=self.current_user)


def _holder_of(view: GatedView) -> Project | Group:
    target = view.access.target
    assert target is not None  # the addresses name one
    return target


class ProjectIgnoredSources(_IgnoredSources):
    actions = {"POST": Action.MANAGE_TOKEN_ACCESS}


class GroupIgnoredSources(_IgnoredSources):
    actions = {"POST": Action.MANAGE_GROUP_TOKEN_ACCESS}


class ProjectIgnoredSource(_IgnoredSource):
    actions = {"DELETE": Action.MANAGE_TOKEN_ACCESS}


class GroupIgnoredSource(_IgnoredSource):
    actions = {"DELETE": Action.MANAGE_GROUP_TOKEN_ACCESS}
