"""What a caller may do in each of several projects, for addresses that reach into all of a group or of the instance."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest

from projects.models import Project
from projects.roles.roles import roles_of
from tokenaccess.access.facts import job_facts_of_many, person_of, target_from_row
from tokenaccess.access.request_state import request_state
from tokenaccess.access.result import Access
from tokenaccess.access.sql.project_search import ProjectSearchParams
from tokenaccess.policy import Action, DeployToken, Facts, Job, Person, Target, decide
from tokenaccess.policy.facts import NO_FACTS
from tokenaccess.policy.levels import Role


def permitted_projects(request: HttpRequest, action: Action, search: ProjectSearchParams) -> list[Target]:
    """Of the projects that are found those where the admitted caller of the request may do it, the oldest first. For a
    job each counts as a use of its token there. One statement for a job."""
    state = request_state(request)
    access: Access = request.access  # type: ignore[attr-defined]
    asked = [_check(access, action, facts) for facts in _facts(access, search)]
    permitted = [one for one in asked if one.decision.allowed]
    if access.job is not None:
        state.uses += permitted
    if not permitted:
        state.search_refusal = _refusal(access, action, asked)
    return [one.facts.target for one in permitted if one.facts.target is not None]


def _check(access: Access, action: Action, facts: Facts) -> Access:
    """A person alone is judged, not the scopes of a token: the search itself was asked for by those."""
    caller = access.caller
    if isinstance(caller, Person) and access.user is not None:
        caller = person_of(access.user)
    return Access(caller, action, facts, decide(caller, action, facts), access.caller_user)


def _refusal(access: Access, action: Action, refused: Sequence[Access]) -> Access:
    """That of the oldest project; where there is none, as by a project that does not exist."""
    return refused[0] if refused else _check(access, action, NO_FACTS)


def _facts(access: Access, search: ProjectSearchParams) -> list[Facts]:
    if isinstance(access.caller, Job):
        return job_facts_of_many(access.caller, search)
    if isinstance(access.caller, DeployToken):
        home = _home_of(access.caller)
        rows = _load_projects(search.fetch_ids(access.caller, home))
        return [Facts(target_from_row(row), is_home=row.pk in home) for row in rows]
    rows = _load_projects(search.fetch_ids(access.caller, []))
    roles = {} if access.user is None else roles_of(access.user, rows)
    return [Facts(target_from_row(row), roles.get(row.pk, Role.NONE)) for row in rows]


def _home_of(token: DeployToken) -> list[int]:
    """Where it belongs. One statement."""
    alive = Project.objects.alive()
    home = alive.below(token.group_id or 0) if token.project_id is None else alive.filter(pk=token.project_id)
    return list(home.values_list("pk", flat=True))


def _load_projects(ids: Sequence[int]) -> list[Project]:
    """One statement, whether there are any or not."""
    return list(Project.objects.filter(pk__in=ids or [0]).order_by("pk"))
