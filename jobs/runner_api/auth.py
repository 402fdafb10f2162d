"""Authenticates requests of runners: by a runner's token, or by the token of a running job.

These routes do not ask the gate about a project: the credential itself names the one runner or job it is valid for. It
is checked here before anything else.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import classonlymethod
from django.utils.functional import cached_property
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from api.rest import ApiError, forbidden
from identity.credentials.lookup import find_token
from identity.credentials.table import CredentialKind
from jobs.models import Job, JobToken, Runner
from jobs.policy_caller import caller_of
from jobs.runner_api import body
from jobs.states import EXECUTING
from tokenaccess.access.gate import check_caller_on_job, deny_unknown
from tokenaccess.access.request_state import record_access
from tokenaccess.adapters.drf import BLOCKED, with_denial_id
from tokenaccess.adapters.plain import error_response
from tokenaccess.policy import Action, Decision, Refusal, callers

_ANY_PERSON = callers.Person(0, "")


class OwnCredentialView(View):
    """`identify` checks the credential; `own_credential` describes which one, for the list of endpoints.

    `token_header`: where its secret comes if not as the parameter `token`.
    """

    own_credential: ClassVar[str] = ""
    token_header: ClassVar[str] = ""
    params: dict[str, Any]

    @classonlymethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view = csrf_exempt(super().as_view(**initkwargs))
        view.own_credential = cls.own_credential  # type: ignore[attr-defined]
        return view

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            handler = getattr(self, str(request.method).lower(), None)
            if request.method not in {"GET", "POST", "PUT", "PATCH", "DELETE"} or handler is None:
                raise ApiError(405, "405 Method Not Allowed")
            self.params = self.parameters(request)
            early = self.identify(request, **kwargs)
            answer: HttpResponseBase = early or handler(request, **kwargs)
            return answer
        except Exception as error:
            return error_response(error)

    def parameters(self, request: HttpRequest) -> dict[str, Any]:
        return body.parameters(request)

    @cached_property
    def token(self) -> str:
        given = body.printable_text(self.params.get("token"))
        return given or body.printable_text(self.request.headers.get(self.token_header, ""))

    def identify(self, request: HttpRequest, **kwargs: Any) -> HttpResponse | None:
        """Raises ApiError for an invalid credential. A response that it returns ends the request."""
        raise NotImplementedError


class RunnerView(OwnCredentialView):
    """`self.runner`: the runner whose token came in the body or in `RUNNER-TOKEN`. 403 for an unknown token."""

    own_credential = "the runner's token"
    token_header = "RUNNER-TOKEN"
    runner: Runner

    def identify(self, request: HttpRequest, **kwargs: Any) -> HttpResponse | None:
        runner: Runner | None = find_token(CredentialKind.RUNNER, self.token)
        if runner is None:
            raise with_denial_id(forbidden(), deny_unknown(Action.REPORT_OWN_JOB))
        self.runner = runner
        return None


class JobView(OwnCredentialView):
    """`self.job`: the running job of the address, if the request has its token.

    Otherwise always 403, never 401 or 404, because only a 403 makes a runner stop (runner.md §5).
    """

    own_credential = "the job's own token"
    token_header = "JOB-TOKEN"
    job: Job

    def identify(self, request: HttpRequest, **kwargs: Any) -> HttpResponse | None:
        token: JobToken | None = find_token(CredentialKind.JOB, self.token)
        if token is None:
            raise with_denial_id(forbidden(), deny_unknown(Action.REPORT_OWN_JOB))
        job = token.job
        caller = _caller_ending(job) if self.ends_job else caller_of(job)
        access = check_caller_on_job(caller, Action.REPORT_OWN_JOB, kwargs["job_id"])
        if not access.decision.allowed:
            record_access(request, access)
            is_own = job.pk == kwargs["job_id"]
            raise with_denial_id(_refusal_error(job, access.decision) if is_own else forbidden(), access)
        self.job = job
        return None

    @property
    def ends_job(self) -> bool:
        """Whether the request reports that the job is over."""
        return False


def _caller_ending(job: Job) -> callers.Job:
    """The caller as judged when its runner reports the end of the job.

    The report counts even if the person behind the job is blocked or gone, or CI/CD is switched off: otherwise the job
    would run for ever.
    """
    return caller_of(job)._replace(project_gone=job.project.pending_deletion, person=_ANY_PERSON)


def _refusal_error(job: Job, decision: Decision) -> ApiError:
    """The policy's refusal in the words that make gitlab-runner stop: always a 403 (runner.md §5)."""
    if decision.refusal is Refusal.BLOCKED:
        return ApiError(403, BLOCKED)
    if job.erased_at is not None:
        return forbidden("Job has been erased!")
    if job.project.pending_deletion:
        return forbidden("Project has been deleted!")
    if job.status not in EXECUTING:
        return ApiError(403, "403 Forbidden - Job is not processing on runner", {"Job-Status": job.status})
    return forbidden()
