"""What a caller may do in each of several projects, for addresses that reach into all of a group or of the instance.

The facts are those of the single check (`tokenaccess.access.sql.job_check`), read by the ORM in a fixed number of
statements; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.http import HttpRequest

from projects.models import Group, Project
from projects.roles.roles import roles_of
from tokenaccess.access.facts import FEATURE_SWITCH, PUSH_SWITCH, read_switches, target_from_row
from tokenaccess.access.gate import permitted_ids
from tokenaccess.access.request_state import request_state
from tokenaccess.access.result import Access
from tokenaccess.models import AllowlistEntry, InstanceSettings, TokenAccessSettings
from tokenaccess.policy import Action, DeployToken, Entry, Facts, Job, decide
from tokenaccess.policy.levels import Role


def permitted_projects(request: HttpRequest, action: Action, projects: Sequence[Project]) -> list[Project]:
    """Those where the admitted caller of the request may do it. For a job each counts as a use of its token there."""
    access: Access = request_state(request).access  # type: ignore[assignment]
    if isinstance(access.caller, DeployToken):
        home = projects_of(access.caller)
        facts = {one.pk: Facts(target_from_row(one), is_home=one.pk in home) for one in projects}
        return [one for one in projects if decide(access.caller, action, facts[one.pk]).allowed]
    if not isinstance(access.caller, Job):
        permitted = permitted_ids(access.user, action, projects)
        return [project for project in projects if project.pk in permitted]
    facts = facts_of_job(access, projects)
    asked = [(project, _check(access.caller, action, facts[project.pk])) for project in projects]
    request_state(request).uses += [use for _, use in asked if use.decision.allowed]
    return [project for project, use in asked if use.decision.allowed]


def projects_of(token: DeployToken) -> set[int]:
    """Where it belongs. One statement."""
    alive = Project.objects.alive()
    home = alive.below(token.group_id or 0) if token.project_id is None else alive.filter(pk=token.project_id)
    return set(home.values_list("pk", flat=True))


def _check(caller: Job, action: Action, facts: Facts) -> Access:
    return Access(caller, action, facts, decide(caller, action, facts))


def facts_of_job(access: Access, projects: Sequence[Project]) -> dict[int, Facts]:
    """Project id → the facts about the calling job there.

    A decoy is among those asked about, so that no projects take as many statements as hidden ones.
    """
    job, user = access.job, access.user
    assert job is not None
    asked = [*projects, Project(pk=0)]
    ids = [project.pk for project in asked]
    settings = TokenAccessSettings.objects.in_bulk([*ids, job.project_id])
    enforced, switches = InstanceSettings.current().enforce_inbound, read_switches()
    roles = {} if user is None else roles_of(user, asked)
    entries = _nearest_entries(job.project_id, ids)
    default = TokenAccessSettings()
    going_out = settings.get(job.project_id, default).limits_outbound
    outbound = AllowlistEntry.objects.outbound().filter(project=job.project_id, target_project__in=ids)
    listed = set(outbound.values_list("target_project_id", flat=True)) if going_out else set()
    return {
        project.pk: Facts(
            target_from_row(project)._replace(
                limited=enforced or settings.get(project.pk, default).limits_inbound,
                takes_job_pushes=settings.get(project.pk, default).takes_job_pushes,
                takes_cross_project_pushes=settings.get(project.pk, default).takes_cross_project_pushes,
            ),
            roles.get(project.pk, Role.NONE),
            switch_on=switches[FEATURE_SWITCH],
            entry=entries.get(project.pk),
            outbound_limited=going_out,
            outbound_listed=project.pk in listed,
            cross_project_pushes=settings.get(project.pk, default).takes_cross_project_pushes and switches[PUSH_SWITCH],
        )
        for project in projects
    }


def _nearest_entries(source_id: int, targets: Iterable[int]) -> dict[int, Entry]:
    """Target → its own entry for the source, else the one for the nearest group above it."""
    above = Group.objects.filter(descendant_links__group__projects=source_id).order_by("-descendant_links__distance")
    groups = list(above.values_list("pk", flat=True))
    inbound = AllowlistEntry.objects.inbound().filter(project__in=targets)
    rows = [*inbound.filter(target_group__in=groups), *inbound.filter(target_project=source_id)]
    order = {group: number for number, group in enumerate(groups)}
    rows.sort(key=lambda row: order.get(row.target_group_id or 0, len(order)))  # the nearest last, which stays
    return {row.project_id: _entry(row) for row in rows}


def _entry(row: AllowlistEntry) -> Entry:
    return Entry(row.default_permissions, frozenset() if row.default_permissions else frozenset(row.permissions))
