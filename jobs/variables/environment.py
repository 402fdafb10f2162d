"""Expands variables in the address and the auto-stop time of a job's environment.

Masked variables are left out, because more people may see the address than the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.utils import timezone

from ci_config import expand
from identity.encryption import DecryptionError
from jobs.artifacts.dependencies import Dependency, MissingDependency, dependencies_of
from jobs.artifacts.types import DOTENV
from jobs.models import Job
from jobs.variables.dotenv import dependency_variables
from jobs.variables.expansion import expand_all
from jobs.variables.job import job_variables, variables_from_dicts
from jobs.variables.pipeline import pipeline_variables, user_variables
from jobs.variables.predefined import project_variables, server_variables
from jobs.variables.stored import stored_variables
from jobs.variables.value import Variable, values_by_key
from projects.models import Project

TextExpander = Callable[[str], str]


def text_expander(job: Job) -> TextExpander:
    """A function that expands `$NAME` for a job that has run, including variables of its own dotenv report.

    Unknown names become empty.
    """
    pipeline, name = job.pipeline, job.environment.name if job.environment else ""
    known = [
        *job_variables(job, job.started_at or timezone.now(), name),
        *server_variables(),
        *project_variables(job.project),
        *pipeline_variables(pipeline),
        *variables_from_dicts(job.options.get("variables", ())),
        *user_variables(job.user),
        *dependency_variables(_dependencies(job)),
        *_unmasked_variables(job.project, job.protected, name),
        *variables_from_dicts(pipeline.variables),
        *variables_from_dicts(job.options.get("play_variables", ())),
        *_own_dotenv(job),
    ]
    return lambda text: _expand(text, known)


def _dependencies(job: Job) -> list[Dependency]:
    try:
        return dependencies_of(job)
    except MissingDependency:
        return []


def _own_dotenv(job: Job) -> list[Variable]:
    report = job.artifacts.filter(file_type=DOTENV).values_list("report", flat=True).first()
    return [Variable(one["key"], one["value"], public=False, raw=True) for one in report or ()]


def _unmasked_variables(project: Project, protected: bool, environment: str) -> list[Variable]:
    try:
        return [
            one for one in stored_variables(project, protected=protected, environment=environment) if not one.masked
        ]
    except DecryptionError:
        return []


def _expand(text: str, known: Iterable[Variable]) -> str:
    return expand(text, values_by_key(expand_all(known))) if "$" in text else text
