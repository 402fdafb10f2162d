"""Fills a list from the authentication log, and takes back what was filled in (job-token.md §6)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from identity.models import User
from projects.models import Group, Project
from tokenaccess import editors
from tokenaccess.compaction import DoesNotFit, compact
from tokenaccess.coverage import chains
from tokenaccess.errors import Code, TokenAccessError
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, InstanceSettings
from tokenaccess.services import telling
from tokenaccess.services.limits import limit_access
from tokenaccess.services.locking import lock

TOO_MANY = "The projects in the authentication log have too little in common to fit on the allowlist"
NEEDS_BOTH = (
    f"{editors.REFUSED}: adding an entry takes the Maintainer role in both projects, "
    "and you lack it in {} of those in the authentication log"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What filling a list from its log would add, in place of the former auto-added entries."""

    projects: list[Project]
    groups: list[Group]


@transaction.atomic
def autopopulate(project: Project, *, by: User | None) -> list[AllowlistEntry]:
    """Replaces the auto-added entries by what the log holds now, compacted, and turns the inbound limit on.

    All or nothing: everything added takes a maintainer of both sides, as any entry does.
    """
    editors.require_own(by, project)
    lock(project)
    plan = plan_for(project)
    places: list[Project | Group] = [*plan.projects, *plan.groups]
    foreign = [place for place in places if not editors.may_admit(by, place)]
    if foreign:
        raise TokenAccessError(NEEDS_BOTH.format(len(foreign)), Code.FORBIDDEN)
    _clear(project, by)
    entries = [AllowlistEntry(project=project, target_project=one) for one in plan.projects]
    entries += [AllowlistEntry(project=project, target_group=one) for one in plan.groups]
    for entry in entries:
        entry.added_by, entry.autopopulated = by, True
    added = AllowlistEntry.objects.bulk_create(entries)
    for entry in added:
        telling.added(entry, by)
    limit_access(project, by=by, inbound=True)
    return added


@transaction.atomic
def clear_autopopulated(project: Project, *, by: User | None) -> int:
    """Takes the auto-added entries off the list; says how many there were."""
    editors.require_own(by, project)
    lock(project)
    return _clear(project, by)


def plan_for(project: Project) -> Plan:
    """What `autopopulate` would add now; nothing is changed. Raises TokenAccessError when it cannot fit."""
    kept = AllowlistEntry.objects.inbound().filter(project=project, autopopulated=False)
    listed_projects = set(kept.projects().values_list("target_project_id", flat=True))
    listed_groups = set(kept.groups().values_list("target_group_id", flat=True))
    logged = AuthorizationRecord.objects.filter(accessed_project=project, origin_project__pending_deletion=False)
    origins = dict(logged.values_list("origin_project_id", "origin_project__group_id"))
    above = chains(origins.values())
    wanted = {
        origin: above[group]
        for origin, group in origins.items()
        if origin not in listed_projects and not listed_groups.intersection(above[group])
    }
    # A person's own namespace is no group that one could list.
    personal = set(Group.objects.exclude(person=None).filter(pk__in=above).values_list("pk", flat=True))
    shared = {origin: tuple(group for group in groups if group not in personal) for origin, groups in wanted.items()}
    room = max(InstanceSettings.current().allowlist_limit - kept.count(), 0)
    try:
        places = compact(shared, room)
    except DoesNotFit:
        raise TokenAccessError(TOO_MANY, Code.TOO_MANY) from None
    projects = Project.objects.filter(pk__in=[place.id for place in places if not place.is_group])
    groups = Group.objects.filter(pk__in=[place.id for place in places if place.is_group])
    return Plan(list(projects), list(groups))


def _clear(project: Project, by: User | None) -> int:
    auto = AllowlistEntry.objects.inbound().filter(project=project, autopopulated=True)
    entries = list(auto.select_related("project", "target_project", "target_group"))
    for entry in entries:
        telling.removed(entry, by)
    auto.delete()
    return len(entries)
