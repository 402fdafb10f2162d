"""Add the projects in the authentication log to the allowlist, and undo that (job-token.md §6)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist import editing_rights
from tokenaccess.allowlist.group_rules import group_lock
from tokenaccess.allowlist.matcher import ancestor_ids
from tokenaccess.allowlist.services import audit_log
from tokenaccess.allowlist.services.limits import limit_access
from tokenaccess.allowlist.services.locking import lock
from tokenaccess.allowlist.suggestions.group_collapse import TOO_MANY, CannotCollapse, collapse_into_groups
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, InstanceSettings

NEEDS_MAINTAINER_OF_BOTH = (
    f"{editing_rights.INSUFFICIENT_PERMISSIONS}: adding an entry takes the Maintainer role in both projects, "
    "and you lack it in {} of those in the authentication log"
)


@dataclass(frozen=True, slots=True)
class AutopopulatePlan:
    """What would replace the auto-added entries."""

    projects: list[Project]
    groups: list[Group]


@transaction.atomic
def autopopulate(project: Project, *, by: User | None) -> list[AllowlistEntry]:
    """Replace the auto-added entries by the projects in the log, collapsed into groups, and turn the inbound limit on.

    All or nothing: every new entry requires Maintainer on both sides, as always.
    """
    editing_rights.require_maintainer(by, project)
    lock(project)
    group_lock.require_may_open(project, by)
    plan = plan_autopopulate(project)
    instance = InstanceSettings.current()
    targets: list[Project | Group] = [*plan.projects, *plan.groups]
    foreign = [target for target in targets if not editing_rights.can_add(by, target, instance)]
    if foreign:
        raise TokenAccessError(NEEDS_MAINTAINER_OF_BOTH.format(len(foreign)), ErrorCode.FORBIDDEN)
    _clear(project, by)
    entries = [AllowlistEntry(project=project, target_project=target) for target in plan.projects]
    entries += [AllowlistEntry(project=project, target_group=target) for target in plan.groups]
    for entry in entries:
        entry.added_by, entry.autopopulated = by, True
    added = AllowlistEntry.objects.bulk_create(entries)
    for entry in added:
        audit_log.record_membership(entry, by, "added")
    limit_access(project, by=by, inbound=True)
    return added


@transaction.atomic
def clear_autopopulated(project: Project, *, by: User | None) -> int:
    """Remove the auto-added entries; returns how many there were."""
    editing_rights.require_maintainer(by, project)
    lock(project)
    return _clear(project, by)


def plan_autopopulate(project: Project) -> AutopopulatePlan:
    """What `autopopulate` would add now. Raises TokenAccessError if it does not fit on the list."""
    kept = AllowlistEntry.objects.inbound().filter(project=project, autopopulated=False)
    listed_projects = set(kept.projects().values_list("target_project_id", flat=True))
    listed_groups = set(kept.groups().values_list("target_group_id", flat=True))
    logged = AuthorizationRecord.objects.filter(accessed_project=project, origin_project__pending_deletion=False)
    origins = dict(logged.values_list("origin_project_id", "origin_project__group_id"))
    above = ancestor_ids(origins.values())
    wanted = {
        origin: above[group]
        for origin, group in origins.items()
        if origin not in listed_projects and not listed_groups.intersection(above[group])
    }
    # A user's own namespace cannot be listed as a group.
    personal = set(Group.objects.exclude(person=None).filter(pk__in=above).values_list("pk", flat=True))
    shared = {origin: tuple(group for group in groups if group not in personal) for origin, groups in wanted.items()}
    room = max(InstanceSettings.current().allowlist_limit - kept.count(), 0)
    try:
        places = collapse_into_groups(shared, room)
    except CannotCollapse:
        raise TokenAccessError(TOO_MANY, ErrorCode.TOO_MANY) from None
    projects = Project.objects.filter(pk__in=[place.id for place in places if not place.is_group])
    groups = Group.objects.filter(pk__in=[place.id for place in places if place.is_group])
    return AutopopulatePlan(list(projects), list(groups))


def _clear(project: Project, by: User | None) -> int:
    auto = AllowlistEntry.objects.inbound().filter(project=project, autopopulated=True)
    entries = list(auto.select_related("project", "target_project", "target_group"))
    group_lock.require_may_remove(entries, by)
    for entry in entries:
        audit_log.record_membership(entry, by, "removed")
    auto.delete()
    return len(entries)
