"""Runners by REST (runner.md §1.2)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged
from config.params import Params
from config.rest import ApiError, created, forbidden, moment, no_content, not_found
from jobs import services
from jobs.api import shapes
from jobs.api.pipelines import scoped
from jobs.api.runner_settings import settings_of
from jobs.models import Job, Runner
from jobs.models.runner import ONLINE_FOR, STALE_AFTER, RunnerType
from jobs.runner_places import available_to, held_by, managed_by
from projects.models import Group, Project
from tokenaccess import load
from tokenaccess.drf import GatedView, refusal
from tokenaccess.gate import ask_as_person
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role
from tokenaccess.reference import ABSENT, Reference

STATUSES = ("online", "offline", "stale", "never_contacted", "active", "paused")
_PLACES = {
    RunnerType.INSTANCE: Action.ADMINISTER,
    RunnerType.GROUP: Action.MANAGE_GROUP_RUNNERS,
    RunnerType.PROJECT: Action.MANAGE_RUNNERS,
}


class NewRunner(GatedView):
    """`POST /user/runners`: for the instance, a group or a project; the token is in this answer and nowhere else."""

    actions = {"POST": Action.CREATE_RUNNER}

    def post(self, request: Request) -> Response:
        params = Params.of(request)
        kind = params.choice("runner_type", RunnerType.values, required=True)
        assert kind is not None
        place: dict[str, Any] = {}
        if kind != RunnerType.INSTANCE:
            name = kind.removesuffix("_type")
            number = params.integer(f"{name}_id", required=True)
            place[name] = self._place(kind, Reference(id=number) if number and number > 0 else ABSENT)
        else:
            self._place(kind, ABSENT)
        runner, secret = services.create_runner(runner_type=kind, by=self.person, **place, **settings_of(params))
        return created({"id": runner.pk, "token": secret, "token_expires_at": moment(runner.token_expires_at)})

    def _place(self, kind: str, reference: Reference) -> Project | Group | None:
        """The place the person may make runners for; the token's scope has been judged already, by CREATE_RUNNER."""
        access = ask_as_person(self.person, _PLACES[RunnerType(kind)], reference)
        if not access.decision.allowed:
            raise refusal(access)
        return access.place


def filtered(rows: QuerySet[Runner], params: Params) -> QuerySet[Runner]:
    """`type`, `status`, `paused`, `tag_list`."""
    kind = params.choice("type", RunnerType.values)
    if kind:
        rows = rows.filter(runner_type=kind)
    paused = params.boolean("paused")
    status = params.choice("status", STATUSES) or params.choice("scope", [*STATUSES, "specific", "shared"])
    if status in {"active", "paused"}:
        paused = status == "paused"
    if paused is not None:
        rows = rows.filter(paused=paused)
    now = timezone.now()
    match status:
        case "online":
            rows = rows.filter(contacted_at__gt=now - ONLINE_FOR)
        case "offline":
            rows = rows.filter(contacted_at__lte=now - ONLINE_FOR, contacted_at__gt=now - STALE_AFTER)
        case "stale":
            rows = rows.filter(contacted_at__lte=now - STALE_AFTER)
        case "never_contacted":
            rows = rows.filter(contacted_at=None)
    tags = set(params.words("tag_list") or ())
    if tags:
        rows = rows.filter(pk__in=[runner.pk for runner in rows if tags <= set(runner.tag_list)])
    return rows


class RunnerList(GatedView):
    """Those the caller manages."""

    actions = {"GET": Action.READ_RUNNERS}

    def get(self, request: Request) -> Response:
        rows = filtered(managed_by(self.person), Params.of(request))
        return paged(request, rows.order_by("-id"), shapes.runner_line)


class AllRunners(GatedView):
    actions = {"GET": Action.INSPECT}

    def get(self, request: Request) -> Response:
        return paged(request, filtered(Runner.objects.all(), Params.of(request)).order_by("-id"), shapes.runner_line)


class RunnerView(GatedView):
    def runner(self, pk: int, *, change: bool = True) -> Runner:
        """One the caller manages; to look at, an instance runner too. Any other is as if it were not there."""
        found = managed_by(self.person).filter(pk=pk).first()
        if found is None and not change:
            found = Runner.objects.filter(pk=pk, runner_type=RunnerType.INSTANCE).first()
        if found is None:
            raise not_found("Runner")
        return found


class OneRunner(RunnerView):
    actions = {"GET": Action.READ_RUNNERS, "PUT": Action.CHANGE_RUNNER, "DELETE": Action.CHANGE_RUNNER}

    def get(self, request: Request, runner: int) -> Response:
        return Response(shapes.runner(self.runner(runner, change=False)))

    def put(self, request: Request, runner: int) -> Response:
        changes = settings_of(Params.of(request))
        return Response(shapes.runner(services.update_runner(self.runner(runner), by=self.person, **changes)))

    def delete(self, request: Request, runner: int) -> Response:
        services.delete_runner(self.runner(runner), by=self.person)
        return no_content()


class RunnerManagers(RunnerView):
    actions = {"GET": Action.READ_RUNNERS}

    def get(self, request: Request, runner: int) -> Response:
        return paged(request, self.runner(runner).managers.order_by("-id"), shapes.manager)


class RunnerJobs(RunnerView):
    """Jobs it ran, of projects whose jobs the caller may see by role. `status`."""

    actions = {"GET": Action.READ_RUNNERS}

    def get(self, request: Request, runner: int) -> Response:
        theirs = Project.objects.where_standing(self.person, Role.REPORTER)
        rows = Job.objects.for_display().filter(runner=self.runner(runner), project__in=theirs).order_by("-id")
        params = Params.of(request)
        if params.text("status"):
            rows = rows.filter(status=params.text("status"))
        return paged(
            request,
            scoped(rows, params),
            lambda job: shapes.job(job, job.project, limited=load.settings_of(job.project).limits_outbound),
        )


class ResetRunner(RunnerView):
    actions = {"POST": Action.CHANGE_RUNNER}

    def post(self, request: Request, runner: int) -> Response:
        found = self.runner(runner)
        if not held_by(self.person).filter(pk=found.pk).exists():
            raise forbidden("The runner also serves projects that you do not maintain")
        secret = services.reset_token(found, by=self.person)
        return created({"token": secret, "token_expires_at": moment(found.token_expires_at)})


class ProjectRunners(GatedView):
    """All that may take the project's jobs. POST `runner_id`: one more of those the caller manages."""

    actions = {"GET": Action.MANAGE_RUNNERS, "POST": Action.MANAGE_RUNNERS}

    def get(self, request: Request, project: str) -> Response:
        rows = filtered(available_to(self.access.project), Params.of(request))
        return paged(request, rows.order_by("-id"), shapes.runner_line)

    def post(self, request: Request, project: str) -> Response:
        number = Params.of(request).integer("runner_id", required=True) or 0
        found = managed_by(self.person).filter(pk=number).first()
        if found is None:
            raise not_found("Runner")
        services.assign_runner(found, self.access.project, by=self.person)
        return created(shapes.runner_line(found))


class ProjectRunner(GatedView):
    actions = {"DELETE": Action.MANAGE_RUNNERS}

    def delete(self, request: Request, project: str, runner: int) -> Response:
        found = self.access.project.runners.filter(pk=runner).first()
        if found is None:
            raise not_found("Runner")
        if found.projects.count() == 1:
            raise ApiError(
                403,
                "403 Forbidden - Only one project associated with the runner. Please remove the runner instead",
            )
        services.unassign_runner(found, self.access.project, by=self.person)
        return no_content()


class GroupRunners(GatedView):
    """The group's own, and those of the groups above it."""

    actions = {"GET": Action.MANAGE_GROUP_RUNNERS}

    def get(self, request: Request, group: str) -> Response:
        above = Group.objects.above(self.access.group.pk).order_by().values("pk")
        rows = filtered(Runner.objects.filter(group__in=above), Params.of(request))
        return paged(request, rows.order_by("-id"), shapes.runner_line)


class ResetRegistration(GatedView):
    """A new token for registering runners the old way: of the instance, a group or a project."""

    actions = {"POST": Action.ADMINISTER}

    def post(self, request: Request, **kwargs: str) -> Response:
        secret = services.reset_registration_token(by=self.person, **self.access.where)
        return created({"token": secret, "token_expires_at": None})


class ResetGroupRegistration(ResetRegistration):
    actions = {"POST": Action.MANAGE_GROUP_RUNNERS}


class ResetProjectRegistration(ResetRegistration):
    actions = {"POST": Action.MANAGE_RUNNERS}
