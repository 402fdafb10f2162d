"""Runners by REST (runner.md §1.2)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, forbidden, moment, not_found
from jobs.api.filters import RunnerFilters, RunnerJobFilters
from jobs.api.params.runners import NewRunner as NewRunnerParams
from jobs.api.params.runners import RunnerAssignment, RunnerSettings
from jobs.api.serializers.jobs import JobSerializer
from jobs.api.serializers.runners import (
    RunnerLineSerializer,
    RunnerManagerSerializer,
    RunnerSerializer,
    RunnerTokenSerializer,
    RunnerWithToken,
    RunnerWithTokenSerializer,
)
from jobs.models import Job, Runner, RunnerManager
from jobs.runners.querysets import RunnerQuerySet
from jobs.runners.registration import NO_REGISTRATION, reset_registration_token, takes_registration_tokens
from jobs.runners.services import (
    SERVES_OTHERS,
    answers_for,
    assign_runner,
    create_runner,
    delete_runner,
    reset_token,
    unassign_runner,
    update_runner,
)
from jobs.runners.types import RunnerType
from projects.models import Group, Project
from tokenaccess.access.gate import check_as_user
from tokenaccess.access.id_or_path import ABSENT, IdOrPath
from tokenaccess.adapters.drf import GatedView, refusal_error
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role

_CREATE_ACTIONS = {
    RunnerType.INSTANCE: Action.ADMINISTER,
    RunnerType.GROUP: Action.MANAGE_GROUP_RUNNERS,
    RunnerType.PROJECT: Action.MANAGE_RUNNERS,
}


class NewRunner(GatedView):
    """`POST /user/runners`: for the instance, a group or a project; the token is in this answer and nowhere else."""

    actions = {"POST": Action.CREATE_RUNNER}

    @operation(NewRunnerParams, returns=RunnerWithTokenSerializer)
    def post(self, request: Request, params: dict[str, Any]) -> RunnerWithToken:
        kind = params["runner_type"]
        ids = {name: params.pop(f"{name}_id", None) for name in ("project", "group")}
        place: dict[str, Any] = {}
        if kind == RunnerType.INSTANCE:
            self._place(kind, ABSENT)
        else:
            name = kind.removesuffix("_type")
            number = ids[name]
            place[name] = self._place(kind, IdOrPath("id", number) if number > 0 else ABSENT)
        return RunnerWithToken(*create_runner(by=self.current_user, **place, **params))

    def _place(self, kind: str, id_or_path: IdOrPath) -> Project | Group | None:
        """The place the person may make runners for; the token's scope has been judged already, by CREATE_RUNNER."""
        access = check_as_user(self.current_user, _CREATE_ACTIONS[RunnerType(kind)], id_or_path)
        if not access.decision.allowed:
            raise refusal_error(access)
        return access.target


class RunnerList(GatedView):
    """Those the caller manages."""

    actions = {"GET": Action.READ_RUNNERS}

    @operation(RunnerFilters, returns=RunnerLineSerializer, many=True)
    def get(self, request: Request, params: dict[str, Any]) -> RunnerQuerySet:
        return RunnerFilters.filter(Runner.objects.managed_by(self.current_user), params).order_by("-id")


class AllRunners(GatedView):
    actions = {"GET": Action.INSPECT}

    @operation(RunnerFilters, returns=RunnerLineSerializer, many=True)
    def get(self, request: Request, params: dict[str, Any]) -> RunnerQuerySet:
        return RunnerFilters.filter(Runner.objects.all(), params).order_by("-id")


class RunnerView(GatedView):
    def runner(self, pk: int, *, change: bool = True) -> Runner:
        """One the caller manages; to look at, an instance runner too. Any other is as if it were not there."""
        found = Runner.objects.managed_by(self.current_user).filter(pk=pk).first()
        if found is None and not change:
            found = Runner.objects.filter(pk=pk, runner_type=RunnerType.INSTANCE).first()
        if found is None:
            raise not_found("Runner")
        return found


class OneRunner(RunnerView):
    actions = {"GET": Action.READ_RUNNERS, "PUT": Action.CHANGE_RUNNER, "DELETE": Action.CHANGE_RUNNER}

    @operation(returns=RunnerSerializer)
    def get(self, request: Request, runner: int) -> Runner:
        return self.runner(runner, change=False)

    @operation(RunnerSettings, returns=RunnerSerializer)
    def put(self, request: Request, runner: int, params: dict[str, Any]) -> Runner:
        return update_runner(self.runner(runner), by=self.current_user, **params)

    @operation()
    def delete(self, request: Request, runner: int) -> None:
        found = self.runner(runner)
        if not Runner.objects.deletable_by(self.current_user).filter(pk=found.pk).exists():
            raise forbidden("Runner associated with more than one project")
        delete_runner(found, by=self.current_user)


class RunnerManagers(RunnerView):
    actions = {"GET": Action.READ_RUNNERS}

    @operation(returns=RunnerManagerSerializer, many=True)
    def get(self, request: Request, runner: int) -> QuerySet[RunnerManager]:
        return self.runner(runner).managers.order_by("-id")


class RunnerJobs(RunnerView):
    """Jobs it ran, of projects whose jobs the caller may see by role."""

    actions = {"GET": Action.READ_RUNNERS}

    @operation(RunnerJobFilters, returns=JobSerializer, many=True)
    def get(self, request: Request, runner: int, params: dict[str, Any]) -> QuerySet[Job]:
        theirs = Project.objects.with_min_role(self.current_user, Role.REPORTER)
        rows = Job.objects.for_display().filter(runner=self.runner(runner), project__in=theirs)
        return RunnerJobFilters.apply(rows, params)


class ResetRunner(RunnerView):
    actions = {"POST": Action.CHANGE_RUNNER}

    @operation(returns=RunnerTokenSerializer)
    def post(self, request: Request, runner: int) -> dict[str, Any]:
        found = self.runner(runner)
        if not answers_for(found, self.current_user):
            raise forbidden(SERVES_OTHERS)
        secret = reset_token(found, by=self.current_user)
        return {"token": secret, "token_expires_at": moment(found.token_expires_at)}


class ProjectRunners(GatedView):
    """All that may take the project's jobs. POST `runner_id`: one more of those the caller manages."""

    actions = {"GET": Action.MANAGE_RUNNERS, "POST": Action.MANAGE_RUNNERS}

    @operation(RunnerFilters, returns=RunnerLineSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> RunnerQuerySet:
        return RunnerFilters.filter(Runner.objects.available_to(self.access.project), params).order_by("-id")

    @operation(RunnerAssignment, returns=RunnerLineSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> Runner:
        found = Runner.objects.managed_by(self.current_user).filter(pk=params["runner_id"]).first()
        if found is None:
            raise not_found("Runner")
        assign_runner(found, self.access.project, by=self.current_user)
        return found


class ProjectRunner(GatedView):
    actions = {"DELETE": Action.MANAGE_RUNNERS}

    @operation()
    def delete(self, request: Request, project: str, runner: int) -> None:
        found = self.access.project.runners.filter(pk=runner).first()
        if found is None:
            raise not_found("Runner")
        if found.projects.count() == 1:
            raise ApiError(
                403,
                "403 Forbidden - Only one project associated with the runner. Please remove the runner instead",
            )
        unassign_runner(found, self.access.project, by=self.current_user)


class GroupRunners(GatedView):
    """The group's own, and those of the groups above it."""

    actions = {"GET": Action.MANAGE_GROUP_RUNNERS}

    @operation(RunnerFilters, returns=RunnerLineSerializer, many=True)
    def get(self, request: Request, group: str, params: dict[str, Any]) -> RunnerQuerySet:
        above = Group.objects.above(self.access.group.pk).order_by().values("pk")
        return RunnerFilters.filter(Runner.objects.filter(group__in=above), params).order_by("-id")


class ResetRegistration(GatedView):
    """A new token for registering runners the old way: of the instance, a group or a project."""

    actions = {"POST": Action.ADMINISTER}

    @operation(returns=RunnerTokenSerializer)
    def post(self, request: Request, **_owner: str) -> dict[str, Any]:
        if not takes_registration_tokens():
            raise ApiError(410, NO_REGISTRATION)
        secret = reset_registration_token(by=self.current_user, **self.access.owner_kwargs)
        return {"token": secret, "token_expires_at": None}


class ResetGroupRegistration(ResetRegistration):
    actions = {"POST": Action.MANAGE_GROUP_RUNNERS}


class ResetProjectRegistration(ResetRegistration):
    actions = {"POST": Action.MANAGE_RUNNERS}
