"""`/token_access/stop` and `/token_access/reached`: end the tokens of running jobs, and what they had reached. GitLab
has no such thing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.request import Request

from api.operations import operation
from api.rest import not_found
from identity.models import User
from jobs.models import Job, Runner
from projects.models import Group, Project
from tokenaccess.access.gate import check_as_user
from tokenaccess.access.id_or_path import ABSENT, IdOrPath
from tokenaccess.adapters.drf import GatedView, refusal_error
from tokenaccess.api.params import JobTokenOwner
from tokenaccess.api.serializers import JobTokenStopSerializer, ReachedSerializer
from tokenaccess.job_token_stop import Owner, Reached, Stop, origins_of, reached_by, running_jobs, stop_job_tokens
from tokenaccess.policy import Action

DEFAULT_SINCE = timedelta(days=1)


class JobTokenOwnerView(GatedView):
    """Of a project and its jobs, a maintainer; of a group, its owner; of oneself; of anything, an administrator."""

    def find_owner(self, params: dict[str, Any]) -> Owner:
        """Raises ApiError: what may not be stopped is answered as the gate answers it."""
        for name in ("job_id", "project_id", "group_id", "runner_id", "user_id"):
            if name in params:
                found: Owner = getattr(self, f"_{name.removesuffix('_id')}")(params[name])
                return found
        raise AssertionError("exactly one of them is given")

    def _require(self, action: Action, place: int | None = None) -> Any:
        access = check_as_user(self.current_user, action, ABSENT if place is None else IdOrPath("id", place))
        if not access.decision.allowed:
            raise refusal_error(access)
        return access.target

    def _project(self, pk: int) -> Project:
        found: Project = self._require(Action.MANAGE_TOKEN_ACCESS, pk)
        return found

    def _job(self, pk: int) -> Job:
        job = Job.objects.filter(pk=pk).first()
        self._project(job.project_id if job else 0)
        assert job is not None
        return job

    def _group(self, pk: int) -> Group:
        found: Group = self._require(Action.ADMIN_GROUP, pk)
        return found

    def _runner(self, pk: int) -> Runner:
        """Of a group's owner, or of who maintains every project it serves. Any other is as if it were not there."""
        runner = Runner.objects.token_resettable_by(self.current_user).filter(pk=pk).first()
        if runner is None:
            self._require(Action.ADMINISTER)
            raise not_found("Runner")
        return runner

    def _user(self, pk: int) -> User:
        if pk != self.current_user.pk:
            self._require(Action.ADMINISTER)
        user = User.objects.filter(pk=pk).first()
        if user is None:
            raise not_found("User")
        return user


def _since(params: dict[str, Any]) -> Any:
    return params.get("since") or timezone.now() - DEFAULT_SINCE


class StopJobTokens(JobTokenOwnerView):
    """The jobs go on, and their runner still reports their log and their end."""

    actions = {"POST": Action.STOP_JOB_TOKENS}

    @operation(JobTokenOwner, returns=JobTokenStopSerializer)
    def post(self, request: Request, params: dict[str, Any]) -> Stop:
        return stop_job_tokens(self.find_owner(params), by=self.current_user, since=_since(params))


class ReachedByJobTokens(JobTokenOwnerView):
    """What the tokens of running jobs reached in other projects. The log is kept by project."""

    actions = {"GET": Action.USE_INSTANCE}

    @operation(JobTokenOwner, returns=ReachedSerializer, many=True)
    def get(self, request: Request, params: dict[str, Any]) -> list[Reached]:
        owner = self.find_owner(params)
        origins = origins_of(owner, running_jobs(owner).values("project"))
        return reached_by(origins, _since(params), reader=self.current_user)
