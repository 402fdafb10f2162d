"""Updates the environment of a job that has ended. Runs in the transaction that ends the job and locks its pipeline."""

from __future__ import annotations

from django.utils import timezone

from ci_config.environment_url import url_error
from jobs.environments.services import auto_stop_time, environment_action, lock_environment
from jobs.models import Deployment, Environment, Job
from jobs.models.environment import EnvironmentState
from jobs.states import State
from jobs.variables.environment import text_expander


def apply_job_result(job: Job) -> None:
    """Update the environment and the deployment of a job that has ended. No SQL if the job has no environment."""
    if job.environment_id is None:
        return
    match environment_action(job), job.status == State.SUCCESS:
        case "start", succeeded:
            Deployment.objects.filter(job=job).update(finished_at=job.finished_at)
            if succeeded:
                _mark_available(job)
        case "stop", True:
            _mark_stopped(job)
        case "stop", False if not job.retried:
            _mark_stop_failed(job)
        case "prepare" | "access", True:
            _extend_auto_stop(job)


def _mark_available(job: Job) -> None:
    """After a deployment: the environment is available, at a new address and until a new time."""
    environment, options, words = lock_environment(_environment_id(job)), job.options["environment"], text_expander(job)
    environment.state = EnvironmentState.AVAILABLE
    environment.auto_stop_at = auto_stop_time(words(options.get("auto_stop_in") or ""), timezone.now())
    environment.auto_stop_by, environment.problem = None, ""
    if options.get("deployment_tier"):
        environment.tier = options["deployment_tier"]
    if options.get("url"):
        url = words(options["url"])
        # A link that is not safe to show is dropped; the job has succeeded nevertheless.
        environment.external_url = "" if url_error(url) else url
    environment.save()


def _extend_auto_stop(job: Job) -> None:
    """Start the auto-stop time again, if the job has `auto_stop_in`."""
    if wanted := job.options["environment"].get("auto_stop_in"):
        until = auto_stop_time(text_expander(job)(wanted), timezone.now())
        rows = Environment.objects.filter(pk=_environment_id(job), state=EnvironmentState.AVAILABLE)
        rows.update(auto_stop_at=until, auto_stop_by=None, updated_at=timezone.now())


def _mark_stopped(job: Job) -> None:
    Environment.objects.filter(pk=_environment_id(job)).update(
        state=EnvironmentState.STOPPED, auto_stop_at=None, auto_stop_by=None, problem="", updated_at=timezone.now()
    )


def _mark_stop_failed(job: Job) -> None:
    """The stop job did not succeed: the environment is available again, with the problem for people to see."""
    rows = Environment.objects.filter(pk=_environment_id(job), state=EnvironmentState.STOPPING)
    problem = (
        f"Job #{job.pk} {job.name} was to stop it, and {'failed' if job.status == State.FAILED else 'was cancelled'}."
    )
    rows.update(state=EnvironmentState.AVAILABLE, problem=problem[:500], updated_at=timezone.now())


def _environment_id(job: Job) -> int:
    assert job.environment_id is not None
    return job.environment_id
