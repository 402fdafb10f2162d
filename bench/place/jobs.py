"""The repository, pipelines and jobs, and what belongs to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from bench.place.rows import SHA, Place, add, digest, each, kind_of, name_of
from identity.encryption import encrypt
from jobs.models import (
    CiVariable,
    CommitStatus,
    Deployment,
    Environment,
    IdTokenPath,
    Job,
    JobToken,
    Pipeline,
    Runner,
    RunnerManager,
    Schedule,
)
from projects.models import ProtectedRef
from projects.repository import Change, Repository
from tokenaccess.models import JobAddress, JobUse

MAX_REFS = 50  # each is a file
LOG = b"A line of the log as a compiler writes them.\n" * 5000


def fill(place: Place, numbers: Sequence[int]) -> None:
    _fill_repository(place, numbers)
    runners = _runners(place, numbers)
    _fill_pipelines(place, numbers, runners[0])
    _fill_settings(place, numbers)


def _fill_repository(place: Place, numbers: Sequence[int]) -> None:
    path = place.project.repository_path
    files = {f"folder/file{number}.txt": b"A line.\n" * 50 for number in numbers}
    if 1 in numbers:
        Repository.create(path, "main")
        files |= {"README.md": b"# Bench\n", ".gitlab-ci.yml": b"test:\n  script: [make]\n"}
    repository = Repository(path)
    changes = [Change("create", name, text) for name, text in files.items()]
    repository.write("main", changes, "Add files", by=("Bench", "bench@example.org"), start="main")
    for number in numbers[:MAX_REFS]:
        repository.create_branch(f"topic{number}", "main")
        repository.create_tag(f"v{number}", "main")


def _runners(place: Place, numbers: Sequence[int]) -> list[Runner]:
    """Those of the project first."""
    runners: list[Runner] = []
    for name, home in place.homes.items():
        group = {"group": home["group"]} if "group" in home else {}
        about = {"runner_type": f"{kind_of(home)}_type", "description": name_of(name)}
        runners += add(Runner, numbers, digest=digest(f"{name} runner"), **about, **group)
    count, runner = each(runners)
    add(RunnerManager, count, runner=runner, system_id="s_bench", info={})
    place.project.runners.add(*runners[: len(numbers)])
    return runners


def _fill_pipelines(place: Place, numbers: Sequence[int], runner: Runner) -> None:
    now, project, person = timezone.now(), place.project, place.person
    done = {"project": project, "user": person, "status": "success", "started_at": now, "finished_at": now}
    pushed = {"ref": "main", "sha": SHA, "source": "push", "commit": {"title": "Add files"}}
    pipelines = add(Pipeline, numbers, iid=lambda number: 1000 + number, **pushed, **done)
    about = {"project": project, "tier": "other"}
    environments = add(Environment, numbers, name=name_of("review/"), slug=name_of("review-"), **about)
    test: dict[str, Any] = {"stage": "test", "stage_index": 0, "runner": runner, "queued_at": now, **done}
    count, pipeline = each(pipelines)
    environment = each(environments)[1]
    jobs = add(Job, count, name="deploy", pipeline=pipeline, environment=environment, **test)
    more = add(Job, numbers, name=name_of("test "), pipeline=pipelines[0], **test)
    add(
        CommitStatus,
        numbers,
        project=project,
        pipeline=pipelines[0],
        name=name_of("status"),
        status="success",
        user=person,
    )
    job = each(jobs)[1]
    add(Deployment, count, project=project, job=job, environment=environment, iid=numbers.__getitem__, finished_at=now)
    reported = {"reported_status": "success", "reported_ref": "main", "reported_sha": SHA, "finished_at": now}
    iid = (1_000_000).__add__
    add(Deployment, numbers, project=project, environment=environments[0], iid=iid, **reported)
    add(JobToken, count, job=job, digest=lambda one: digest("job")(jobs[one].pk))
    used, source = each(place.sources[: len(numbers)])
    add(JobUse, used, job_id=jobs[0].pk, project_id=source, name="read_packages")
    seen = {"project": project, "runner": runner, "address": "192.0.2.9", "elsewhere": True, "first_at": now}
    add(JobAddress, count, job_id=lambda one: more[one].pk, **seen)
    jobs[0].trace_path.parent.mkdir(parents=True, exist_ok=True)
    jobs[0].trace_path.write_bytes(LOG)


def _fill_settings(place: Place, numbers: Sequence[int]) -> None:
    for home in place.homes.values():
        add(CiVariable, numbers, key=name_of("KEY_"), sealed=encrypt("value"), **home)
    project = place.project
    add(ProtectedRef, numbers, project=project, kind="branch", name=name_of("stable"))
    add(IdTokenPath, numbers, path=name_of("former/p"), project_id=project.pk)
    nightly = {"ref": "main", "cron": "0 1 * * *"}
    add(Schedule, numbers, project=project, owner=place.person, description=name_of("schedule"), **nightly)
