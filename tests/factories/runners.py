"""Runners that ask for jobs, and pipelines for them to run."""

from __future__ import annotations

from typing import Any

from identity.models import User
from jobs.models import Pipeline
from jobs.pipelines.plan import PipelineRequest
from jobs.pipelines.services import create_pipeline
from jobs.runners.services import create_runner
from jobs.runners.types import RunnerType
from projects.models import Group, Project
from projects.repository import Change, Repository
from tests.support.runner import FakeRunner

PATH = ".gitlab-ci.yml"
SIMPLE = "test:\n  script: [make test]\n"


def runner(place: Project | Group | None = None, *, gracefully: bool = False, **fields: Any) -> FakeRunner:
    """Of the instance, or of a group or project."""
    if isinstance(place, Project):
        kind: dict[str, Any] = {"runner_type": RunnerType.PROJECT, "project": place}
    elif place is not None:
        kind = {"runner_type": RunnerType.GROUP, "group": place}
    else:
        kind = {"runner_type": RunnerType.INSTANCE}
    _, secret = create_runner(by=None, **kind, **fields)
    return FakeRunner(secret, gracefully=gracefully)


def push_file(project: Project, yaml: str, message: str = "Change the pipeline", branch: str = "main") -> str:
    """Writes `.gitlab-ci.yml`, new or not; returns the commit's id. Starts no pipeline."""
    repository = Repository(project.repository_path)
    base = branch if repository.branch(branch) else "main"
    known = not repository.is_empty() and any(entry.path == PATH for entry in repository.tree(base))
    change = Change("update" if known else "create", PATH, yaml.encode())
    return repository.write(branch, [change], message, by=("Tester", "tester@example.org"), start="main").sha


def pipeline(project: Project, user: User, yaml: str = SIMPLE, **fields: Any) -> Pipeline:
    """A pipeline of a new commit with this `.gitlab-ci.yml`."""
    push_file(project, yaml)
    request = PipelineRequest(project=project, ref="main", user=user, source=fields.pop("source", "api"), **fields)
    return create_pipeline(request)
