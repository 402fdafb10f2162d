"""Variables stored for the instance, the ancestor groups of a project, and the project (runner.md §6–7)."""

from __future__ import annotations

from django.db.models import F

from jobs.models import CiVariable
from jobs.models.variable import ANY_ENVIRONMENT, VariableType
from jobs.variables.value import Variable
from projects.models import Project
from tokenaccess.policy.protected_refs import matches

_INSTANCE, _GROUP, _PROJECT = range(3)


def stored_variables(project: Project, *, protected: bool, environment: str = "") -> list[Variable]:
    """The variables for jobs of a project, in ascending precedence: of equal keys the last counts.

    Those nearer to the project come later, and of one owner those whose scope is more specific.

    `protected`: include variables for protected refs. `environment`: the name of the job's environment, "" for none.
    Raises identity.encryption.DecryptionError.
    """
    rows = CiVariable.objects.reaching(project).annotate(distance=F("group__descendant_links__distance"))
    if not protected:
        rows = rows.filter(protected=False)
    matching = [row for row in rows if scope_covers(row.environment_scope, environment)]
    return [
        _variable(row) for row in sorted(matching, key=lambda row: (_proximity(row), _specificity(row, environment)))
    ]


def _proximity(row: CiVariable) -> tuple[int, int]:
    if row.project_id is not None:
        return _PROJECT, 0
    # A more distant group has lower precedence.
    return (_INSTANCE, 0) if row.group_id is None else (_GROUP, -row.distance)  # type: ignore[attr-defined]


def _specificity(row: CiVariable, environment: str) -> tuple[bool, int]:
    return row.environment_scope == environment, len(row.environment_scope)


def scope_covers(scope: str, environment: str) -> bool:
    """Whether a scope such as `review/*` includes an environment. Without an environment only `*` does."""
    return scope == ANY_ENVIRONMENT or (bool(environment) and matches(scope, environment))


def _variable(row: CiVariable) -> Variable:
    return Variable(
        row.key,
        row.value,
        public=False,
        masked=row.masked,
        raw=row.raw,
        file=row.variable_type == VariableType.FILE,
    )
