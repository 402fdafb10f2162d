"""Undo the last change of many entries of a list: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db import transaction

from identity.models import User
from projects.models import Group, Project
from projects.roles.group_lock import keep_groups_once
from tokenaccess.allowlist import editing_rights
from tokenaccess.allowlist.find_entry import inbound_entries
from tokenaccess.allowlist.group_rules.inherited import AnyEntry
from tokenaccess.allowlist.services.any_list import delete_from_list
from tokenaccess.allowlist.services.described import Described, add_again, describe_entry, find_described, set_back
from tokenaccess.allowlist.services.locking import lock_holder
from tokenaccess.allowlist.targets import TargetKey
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import BulkChange

CHANGED_SINCE = "The entries have been changed since"


class UndoRefused(Exception):
    """Why, and the project or group that each entry in the way names, by kind and id."""

    def __init__(self, error: TokenAccessError, entries: Sequence[Described]) -> None:
        super().__init__(error.message)
        self.error = error
        self.keys: list[TargetKey] = [(one["kind"], one["id"]) for one in entries]


def record_bulk_change(
    holder: Project | Group,
    by: User | None,
    *,
    added: Sequence[AnyEntry] = (),
    before: Mapping[int, Described] | None = None,
) -> None:
    """In the place of the last one. `before`: entries by their ids as they were, which may have been changed or
    removed. Nothing for a change that changed nothing."""
    listed = inbound_entries(holder).filter(pk__in=[*(entry.pk for entry in added), *(before or {})])
    now = {entry.pk: describe_entry(entry) for entry in listed}
    was = before or {}
    values: dict[str, Any] = {
        "added": [{"entry": entry.pk, "now": now[entry.pk]} for entry in added],
        "changed": [{"entry": pk, "before": old, "now": now[pk]} for pk, old in was.items() if now.get(pk, old) != old],
        "removed": [old for pk, old in was.items() if pk not in now],
    }
    if any(values.values()):
        BulkChange.objects.filter(**{str(holder.kind): holder}).delete()  # the next has another id
        BulkChange.objects.create(**{str(holder.kind): holder}, by=by, **values)


@transaction.atomic
@keep_groups_once()
def undo_bulk_change(holder: Project | Group, pk: int, *, by: User | None) -> int | None:
    """Remove what was added, set back what was changed, and add what was removed. Returns how many could not be made as
    they were because what they named is gone; None if there is no such change any more.

    Raises UndoRefused: STALE if entries have been changed since, and as adding and widening do; TokenAccessError where
    `by` may not change the list. Nothing is undone then.
    """
    editing_rights.require_maintainer(by, holder)
    lock_holder(holder)
    change = BulkChange.objects.filter(pk=pk, **{str(holder.kind): holder}).first()
    if change is None:
        return None
    entries = _entries_as_left(holder, change)
    for one in change.added:
        if one["entry"] in entries:
            _do(one["now"], partial(delete_from_list, entries[one["entry"]], by=by))
    gone = sum(not _set_back(entries.get(one["entry"]), one["before"], by) for one in change.changed)
    gone += sum(not _restore(holder, old, by) for old in change.removed)
    change.delete()
    return gone


def _entries_as_left(holder: Project | Group, change: BulkChange) -> dict[int, Any]:
    """By their ids; without those that went with what they named."""
    left = {one["entry"]: one["now"] for one in (*change.added, *change.changed)}
    listed = inbound_entries(holder).filter(pk__in=left)
    entries = {
        entry.pk: entry for entry in listed.select_related(str(holder.kind), "target_project__group", "target_group")
    }
    stale = [now for pk, now in left.items() if not _is_as_left(entries.get(pk), now)]
    if stale:
        raise UndoRefused(TokenAccessError(CHANGED_SINCE, ErrorCode.STALE), stale)
    return entries


def _is_as_left(entry: AnyEntry | None, now: Described) -> bool:
    return find_described(now) is None if entry is None else describe_entry(entry) == now


def _set_back(entry: AnyEntry | None, old: Described, by: User | None) -> bool:
    if entry is None or find_described(old) is None:
        return False
    _do(old, partial(set_back, entry, old, by))
    return True


def _restore(holder: Project | Group, old: Described, by: User | None) -> bool:
    target = find_described(old)
    if target is None:
        return False
    if inbound_entries(holder).filter(**{f"target_{old['kind']}": target}).exists():
        raise UndoRefused(TokenAccessError(CHANGED_SINCE, ErrorCode.STALE), [old])
    _do(old, partial(add_again, holder, target, old, by))
    return True


def _do(about: Described, step: Callable[[], Any]) -> None:
    try:
        step()
    except TokenAccessError as error:
        raise UndoRefused(error, [about]) from error
