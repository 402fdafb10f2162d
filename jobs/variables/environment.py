"""What the address and the time of a job's environment may refer to.

A masked variable is none of it: addresses of environments are shown to people whom its value is kept from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.utils import timezone

from identity.sealed import Unreadable
from jobs.artifacts.dependencies import Dependency, MissingDependency, dependencies_of
from jobs.artifacts.types import DOTENV
from jobs.config import expand
from jobs.models import Job
from jobs.variables.dotenv import of_dependencies
from jobs.variables.expansion import expanded
from jobs.variables.job import given, of_job
from jobs.variables.pipeline import of_pipeline, of_user
from jobs.variables.place import of_project, of_server
from jobs.variables.stored import of_places
from jobs.variables.value import Variable, values
from projects.models import Project

Words = Callable[[str], str]


def words_of(job: Job) -> Words:
    """Fills in `$NAME` for a job that has run, with what it hands on in its own dotenv report."""
    pipeline, name = job.pipeline, job.environment.name if job.environment else ""
    known = [
        *of_job(job, job.started_at or timezone.now(), name),
        *of_server(),
        *of_project(job.project),
        *of_pipeline(pipeline),
        *given(job.options.get("variables", ())),
        *of_user(job.user),
        *of_dependencies(_dependencies(job)),
        *_shown(job.project, job.protected, name),
        *given(pipeline.variables),
        *given(job.options.get("play_variables", ())),
        *_own_report(job),
    ]
    return lambda text: _filled(text, known)


def _dependencies(job: Job) -> list[Dependency]:
    try:
        return dependencies_of(job)
    except MissingDependency:
        return []


def _own_report(job: Job) -> list[Variable]:
    report = job.artifacts.filter(file_type=DOTENV).values_list("report", flat=True).first()
    return [Variable(one["key"], one["value"], public=False, raw=True) for one in report or ()]


def _shown(project: Project, protected: bool, environment: str) -> list[Variable]:
    try:
        return [one for one in of_places(project, protected=protected, environment=environment) if not one.masked]
    except Unreadable:
        return []


def _filled(text: str, known: Iterable[Variable]) -> str:
    """What is not known becomes nothing."""
    return expand(text, values(expanded(known))) if "$" in text else text
