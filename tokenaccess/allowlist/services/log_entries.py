"""Add what the authentication log suggests, as it was shown, and undo the last time."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from identity.models import User, today
from projects.models import Group, Project
from projects.roles.group_lock import keep_groups_once
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import editing_rights
from tokenaccess.allowlist.permissions import permission_fields
from tokenaccess.allowlist.services.autopopulate import NEEDS_MAINTAINER_OF_BOTH, clear_autopopulated
from tokenaccess.allowlist.services.described import add_again, describe_entry, end_of, find_described
from tokenaccess.allowlist.services.entries import add_entry, delete_entry
from tokenaccess.allowlist.services.limits import limit_access, set_inbound_mode
from tokenaccess.allowlist.services.locking import lock
from tokenaccess.allowlist.suggestions.suggestion import Suggestion, suggest_entries
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import AllowlistEntry, AutopopulateRun
from tokenaccess.policy.levels import InboundMode

STALE = "The log or the list has changed since the entries were suggested"


@transaction.atomic
@keep_groups_once()
def add_suggested(
    project: Project, *, by: User | None, size: int | None, narrow: bool, suggestion_hash: str
) -> Suggestion:
    """Replace the auto-added entries by those suggested, and turn the inbound limit on: all of it, or nothing. Raises
    TokenAccessError: STALE if it is not what was shown."""
    editing_rights.require_maintainer(by, project)
    lock(project)
    found = suggest_entries(project, by, size=size, narrow=narrow)
    if found.hash != suggestion_hash:
        raise TokenAccessError(STALE, ErrorCode.STALE)
    if found.not_addable:
        raise TokenAccessError(NEEDS_MAINTAINER_OF_BOTH.format(found.not_addable), ErrorCode.FORBIDDEN)
    mode = settings_of(project).inbound_mode
    replaced = [describe_entry(entry) for entry in _auto(project)]
    clear_autopopulated(project, by=by)
    added = [_add(project, entry.target, by, entry.permissions) for entry in found.entries]
    limit_access(project, by=by, inbound=True)
    values = {"inbound_mode": mode, "added": added, "removed": replaced, "by": by}
    AutopopulateRun.objects.update_or_create(project=project, defaults=values)
    return found


@transaction.atomic
@keep_groups_once()
def undo_autopopulate(project: Project, *, by: User | None) -> bool:
    """Remove what the last run added, unless somebody has changed it since, add again what it replaced, and put the
    limit back. Whether there was a run. Raises TokenAccessError, as adding does."""
    editing_rights.require_maintainer(by, project)
    lock(project)
    run = AutopopulateRun.objects.filter(project=project).first()
    if run is None:
        return False
    for entry in _auto(project).filter(pk__in=run.added):
        delete_entry(entry, by=by)
    for old in run.removed:
        _restore(project, old, by)
    if settings_of(project).inbound_mode == InboundMode.ENFORCED:
        set_inbound_mode(project, InboundMode(run.inbound_mode), by=by)
    run.delete()
    return True


def _auto(project: Project) -> Any:
    rows = AllowlistEntry.objects.inbound().filter(project=project, autopopulated=True)
    return rows.select_related("project", "target_project", "target_group")


def _add(project: Project, target: Project | Group, by: User | None, permissions: list[str] | None) -> int:
    entry = add_entry(project, target, by=by, **permission_fields(permissions))
    AllowlistEntry.objects.filter(pk=entry.pk).update(autopopulated=True)
    return int(entry.pk)


def _restore(project: Project, old: dict[str, Any], by: User | None) -> None:
    """Nothing for a target that is gone, or listed by now, nor for an entry that had expired."""
    target, end = find_described(old), end_of(old)
    listed = AllowlistEntry.objects.inbound().filter(project=project, **{f"target_{old['kind']}": old["id"]})
    if target is not None and not listed.exists() and (end is None or end > today()):
        add_again(project, target, {**old, "autopopulated": True}, by)
