"""Variables kept for the instance, the groups above a project, and the project itself (runner.md §6–7)."""

from __future__ import annotations

from django.db.models import F

from jobs.models import CiVariable
from jobs.models.variable import EVERYWHERE, VariableType
from jobs.variables.value import Variable
from projects.models import Project
from tokenaccess.policy.refs import matches

_INSTANCE, _GROUP, _PROJECT = range(3)


def of_places(project: Project, *, protected: bool, environment: str = "") -> list[Variable]:
    """From far to near: what is nearer to the project counts, and of one place what names the environment better.

    `protected`: the job's ref is, so that protected variables come along. `environment`: the name of the job's, "" for
    none. Raises identity.sealed.Unreadable.
    """
    rows = CiVariable.objects.reaching(project).annotate(distance=F("group__descendant_links__distance"))
    if not protected:
        rows = rows.filter(protected=False)
    found = [row for row in rows if covers(row.environment_scope, environment)]
    return [_variable(row) for row in sorted(found, key=lambda row: (_nearness(row), _aim(row, environment)))]


def _nearness(row: CiVariable) -> tuple[int, int]:
    if row.project_id is not None:
        return _PROJECT, 0
    # The farther a group, the lower it counts.
    return (_INSTANCE, 0) if row.group_id is None else (_GROUP, -row.distance)  # type: ignore[attr-defined]


def _aim(row: CiVariable, environment: str) -> tuple[bool, int]:
    return row.environment_scope == environment, len(row.environment_scope)


def covers(scope: str, environment: str) -> bool:
    """Whether a scope such as `review/*` holds for an environment; a job without one is covered by `*` alone."""
    return scope == EVERYWHERE or (bool(environment) and matches(scope, environment))


def _variable(row: CiVariable) -> Variable:
    return Variable(
        row.key,
        row.value,
        public=False,
        masked=row.masked,
        raw=row.raw,
        file=row.variable_type == VariableType.FILE,
    )
