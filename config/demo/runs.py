"""What has run and what runs, a package, and the runner that anyone can try the API of runners with."""

from __future__ import annotations

from identity.models import User
from jobs import queue, services, trace
from jobs.models import Job, Pipeline, Runner
from jobs.models.pipeline import Source
from jobs.models.runner import RunnerType
from jobs.states import State
from projects.models import Project

_SECTION = "\x1b[32;1m$ {}\x1b[0m\n"


def make(world: dict[str, Project], cast: dict[str, User]) -> str:
    """A finished pipeline in the library, a running one in the app; hands back the plain token of the runner."""
    runner, secret = services.create_runner(runner_type=RunnerType.INSTANCE, by=None, description="demo runner")
    _start(world["library"], cast["maintainer"])
    while job := _take(runner):
        _log(job, f"{job.name} of {job.project.full_path}: done")
        services.finish_job(job, status=State.SUCCESS)
    _start(world["app"], cast["developer"])
    running = _take(runner)
    assert running is not None
    _log(running, "Still at it. This job goes on until its timeout, an hour after it was made.")
    return secret


def _start(project: Project, by: User) -> Pipeline:
    request = services.Request(project=project, ref=project.default_branch, user=by, source=Source.PUSH)
    return services.create_pipeline(request)


def _take(runner: Runner) -> Job | None:
    """The next job, which runs from here on. Nobody keeps its token."""
    machine = services.meet(runner, system_id="s_demo", info={"name": "demo"}, address=None)
    payload = queue.claim_next(runner, machine)
    return None if payload is None else Job.objects.select_related("project").get(pk=payload["id"])


def _log(job: Job, words: str) -> None:
    trace.remove(job)  # one of the same id may be left of a start that was interrupted
    commands = "".join(_SECTION.format(line) for line in job.options.get("script", []))
    trace.append(job, 0, f"Running on the demo runner\n{commands}{words}\n".encode(), "")
