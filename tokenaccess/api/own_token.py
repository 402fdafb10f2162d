"""`/token_access/self`: what a job's token is and what is left of it, asked and narrowed with the token itself
(job-token.md §2.5). GitLab has no such thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.rest import bad_request
from jobs.models import Job
from jobs.runners.job_tokens import narrow_token
from tokenaccess.adapters.drf import GatedView
from tokenaccess.api.params import TokenNarrowing
from tokenaccess.api.serializers import OwnTokenSerializer
from tokenaccess.policy import Action
from tokenaccess.policy.narrowing import BadNarrowing, Narrowing


@dataclass(frozen=True)
class OwnToken:
    """`narrowing`: what is left; None for everything."""

    job: Job
    narrowing: Narrowing | None

    @property
    def token_access(self) -> str | None:
        return None if self.narrowing is None else str(self.narrowing)

    @property
    def permissions(self) -> list[str] | None:
        held = None if self.narrowing is None else self.narrowing.permissions
        return None if held is None else sorted(held)

    @property
    def projects(self) -> list[str] | None:
        named = None if self.narrowing is None else self.narrowing.projects
        return None if named is None else sorted(named)

    @property
    def expires_at(self) -> datetime | None:
        started, timeout = self.job.started_at, self.job.timeout
        return None if started is None or timeout is None else started + timedelta(seconds=timeout)


class OwnTokenView(GatedView):
    @property
    def job(self) -> Job:
        caller = self.access.job
        assert caller is not None  # the actions are for jobs only
        return Job.objects.select_related("project", "user", "pipeline").defer("options").get(pk=caller.id)


class Self(OwnTokenView):
    """Whose token this is, what is left of it, and until when it can work at the most."""

    actions = {"GET": Action.READ_OWN_JOB}

    @operation(returns=OwnTokenSerializer)
    def get(self, request: Request) -> OwnToken:
        caller = self.access.job
        return OwnToken(self.job, caller.narrowing if caller else None)


class Narrow(OwnTokenView):
    """Leaves of the token what it has in common with the words. Nothing gives back what was taken."""

    actions = {"POST": Action.NARROW_OWN_TOKEN}

    @operation(TokenNarrowing, returns=OwnTokenSerializer)
    def post(self, request: Request, params: dict[str, Any]) -> OwnToken:
        job = self.job
        try:
            wanted = Narrowing.parse(params["token_access"], job.project.full_path)
        except BadNarrowing as bad:
            raise bad_request(f"token_access: {bad.word}: {bad}" if bad.word else f"token_access: {bad}") from bad
        return OwnToken(job, narrow_token(job.pk, wanted))
