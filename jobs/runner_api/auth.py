"""Who speaks: a runner with its token, or a running job with its own. These routes ask no gate about a project: the
credential alone names the one runner or job it is good for, and it is checked here before anything else."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.decorators import classonlymethod
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from config.rest import ApiError, forbidden
from identity.secrets import Prefix, digests, is_well_formed
from jobs.models import Job, JobToken, Runner
from jobs.runner_api import body
from jobs.states import EXECUTING
from tokenaccess.drf import BLOCKED
from tokenaccess.load import caller_of
from tokenaccess.plain import told
from tokenaccess.policy import Action, Refusal, decide
from tokenaccess.policy.facts import NOTHING


class OwnCredentialView(View):
    """`own_credential` says in words what is checked; `identify` checks it."""

    own_credential: ClassVar[str] = ""
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
            return told(error)

    def parameters(self, request: HttpRequest) -> dict[str, Any]:
        return body.parameters(request)

    def identify(self, request: HttpRequest, **kwargs: Any) -> HttpResponse | None:
        """Raises ApiError for anyone else; an answer ends the request right here."""
        raise NotImplementedError


class RunnerView(OwnCredentialView):
    """`self.runner` is the one whose token came in the body or in `RUNNER-TOKEN`; 403 for an unknown one."""

    own_credential = "the runner's token"
    runner: Runner

    @property
    def token(self) -> str:
        return body.text(self.params.get("token")) or body.text(self.request.headers.get("RUNNER-TOKEN", ""))

    def identify(self, request: HttpRequest, **kwargs: Any) -> HttpResponse | None:
        runner = find_runner(self.token)
        if runner is None:
            raise forbidden()
        self.runner = runner
        return None


def find_runner(token: str) -> Runner | None:
    if not any(is_well_formed(token, prefix) for prefix in (Prefix.RUNNER, Prefix.RUNNER_REGISTERED)):
        return None
    alive = Q(token_expires_at=None) | Q(token_expires_at__gt=timezone.now())
    return Runner.objects.select_related("group").filter(alive, digest__in=digests(token)).first()


class JobView(OwnCredentialView):
    """`self.job` is the running job of the address, proven by its own token. Every other case is a 403, never 401 or
    404, because only a 403 makes a runner stop (runner.md §5)."""

    own_credential = "the job's own token"
    job: Job

    @property
    def token(self) -> str:
        return body.text(self.params.get("token")) or body.text(self.request.headers.get("JOB-TOKEN", ""))

    def identify(self, request: HttpRequest, **kwargs: Any) -> HttpResponse | None:
        job = find_job(self.token)
        if job is None or job.pk != kwargs["job_id"]:
            raise forbidden()
        if job.erased_at is not None:
            raise forbidden("Job has been erased!")
        if job.project.pending_deletion:
            raise forbidden("Project has been deleted!")
        if job.status not in EXECUTING:
            raise ApiError(403, "403 Forbidden - Job is not processing on runner", {"Job-Status": job.status})
        if not self.ends_job:
            alive = decide(caller_of(job), Action.READ_OWN_JOB, NOTHING)
            if not alive.allowed:
                raise ApiError(403, BLOCKED) if alive.refusal is Refusal.BLOCKED else forbidden()
        self.job = job
        return None

    @property
    def ends_job(self) -> bool:
        """Whether the request says that the job is over. That is heard also when nothing else of the job is: its person
        is blocked, say. Or it would run forever."""
        return False


def find_job(token: str) -> Job | None:
    if not is_well_formed(token, Prefix.JOB):
        return None
    found = JobToken.objects.select_related("job__project", "job__user").filter(digest__in=digests(token)).first()
    return found.job if found else None
