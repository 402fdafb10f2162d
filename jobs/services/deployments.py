"""What the end of a job means for the environment it serves. Within the transaction that ends the job and holds its
pipeline's lock."""

from __future__ import annotations

from django.utils import timezone

from jobs.environment_names import fault_of_url
from jobs.models import Deployment, Environment, Job
from jobs.models.environment import EnvironmentState
from jobs.services.environments import action_of, locked, stop_time
from jobs.states import State
from jobs.variables.environment import words_of


def job_ended(job: Job) -> None:
    """No statement for a job without an environment."""
    if job.environment_id is None:
        return
    match action_of(job), job.status == State.SUCCESS:
        case "start", succeeded:
            Deployment.objects.filter(job=job).update(finished_at=job.finished_at)
            if succeeded:
                _deployed(job)
        case "stop", True:
            _stopped(job)
        case "stop", False if not job.retried:
            _not_stopped(job)
        case "prepare" | "access", True:
            _used(job)


def _deployed(job: Job) -> None:
    """It is there, at this address, until this time; whatever was asked of it before is over."""
    environment, options, words = locked(_of(job)), job.options["environment"], words_of(job)
    environment.state = EnvironmentState.AVAILABLE
    environment.auto_stop_at = stop_time(words(options.get("auto_stop_in") or ""), timezone.now())
    environment.auto_stop_by, environment.problem = None, ""
    if options.get("deployment_tier"):
        environment.tier = options["deployment_tier"]
    if options.get("url"):
        url = words(options["url"])
        # An address that nobody may be sent to is none; the job has done its work all the same.
        environment.external_url = "" if fault_of_url(url) else url
    environment.save()


def _used(job: Job) -> None:
    """Its time starts anew, where the job says how long that is."""
    if wanted := job.options["environment"].get("auto_stop_in"):
        until = stop_time(words_of(job)(wanted), timezone.now())
        rows = Environment.objects.filter(pk=_of(job), state=EnvironmentState.AVAILABLE)
        rows.update(auto_stop_at=until, auto_stop_by=None, updated_at=timezone.now())


def _stopped(job: Job) -> None:
    Environment.objects.filter(pk=_of(job)).update(
        state=EnvironmentState.STOPPED, auto_stop_at=None, auto_stop_by=None, problem="", updated_at=timezone.now()
    )


def _not_stopped(job: Job) -> None:
    """Somebody is to look at why, and to try again."""
    rows = Environment.objects.filter(pk=_of(job), state=EnvironmentState.STOPPING)
    problem = (
        f"Job #{job.pk} {job.name} was to stop it, and {'failed' if job.status == State.FAILED else 'was cancelled'}."
    )
    rows.update(state=EnvironmentState.AVAILABLE, problem=problem[:500], updated_at=timezone.now())


def _of(job: Job) -> int:
    assert job.environment_id is not None
    return job.environment_id
