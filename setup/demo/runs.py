"""What has run and what runs, a package, and the runner that anyone can try the API of runners with."""

from __future__ import annotations

from identity.models import User
from jobs.logs import storage
from jobs.models import Job, Pipeline, Runner
from jobs.models.pipeline import Source
from jobs.pipelines.job_actions import finish_job
from jobs.pipelines.plan import PipelineRequest
from jobs.pipelines.services import create_pipeline
from jobs.runners.queue import claim
from jobs.runners.services import create_runner, register_manager_contact
from jobs.runners.types import RunnerType
from jobs.states import State
from projects.models import Project

_SECTION = "\x1b[32;1m$ {}\x1b[0m\n"


def create_pipelines(world: dict[str, Project], cast: dict[str, User]) -> str:
    """A finished pipeline in the library, a running one in the app; hands back the plain token of the runner."""
    runner, secret = create_runner(runner_type=RunnerType.INSTANCE, by=None, description="demo runner")
    _start(world["library"], cast["maintainer"])
    while job := _claim_job(runner):
        _log(job, f"{job.name} of {job.project.full_path}: done")
        finish_job(job, status=State.SUCCESS)
    _start(world["app"], cast["developer"])
    running = _claim_job(runner)
    assert running is not None
    _log(running, "Still at it. This job goes on until its timeout, an hour after it was made.")
    return secret


def _start(project: Project, by: User) -> Pipeline:
    request = PipelineRequest(project=project, ref=project.default_branch, user=by, source=Source.PUSH)
    return create_pipeline(request)


def _claim_job(runner: Runner) -> Job | None:
    """The next job, which runs from here on. Nobody keeps its token."""
    machine = register_manager_contact(runner, system_id="s_demo", info={"name": "demo"}, address=None)
    payload = claim.claim_next(runner, machine)
    return None if payload is None else Job.objects.select_related("project").get(pk=payload["id"])


def _log(job: Job, words: str) -> None:
    storage.remove(job)  # one of the same id may be left of a start that was interrupted
    commands = "".join(_SECTION.format(line) for line in job.options.get("script", []))
    storage.append(job, 0, f"Running on the demo runner\n{commands}{words}\n".encode(), "")
