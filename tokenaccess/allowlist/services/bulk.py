"""Add and change many inbound entries at once, on the list of a project or group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from identity.models import User
from projects.models import Group, Project
from projects.roles.group_lock import keep_groups_once
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.allowlist import editing_rights
from tokenaccess.allowlist.find_entry import inbound_entries
from tokenaccess.allowlist.group_rules.inherited import AnyEntry
from tokenaccess.allowlist.services.any_list import add_to_list
from tokenaccess.allowlist.services.described import describe_entry
from tokenaccess.allowlist.services.locking import lock_holder
from tokenaccess.allowlist.services.undo import record_bulk_change
from tokenaccess.allowlist.targets import TargetName, VisibleTarget, find_target
from tokenaccess.errors import ErrorCode, TokenAccessError

MAX_PATHS = 200


@dataclass(frozen=True, slots=True)
class AddedLine:
    """What became of one path. `error`: why it was not added; one that is on the list already is no failure."""

    path: str
    error: TokenAccessError | None = None
    entry: AnyEntry | None = None

    @property
    def is_added(self) -> bool:
        return self.error is None

    @property
    def has_failed(self) -> bool:
        return self.error is not None and self.error.code is not ErrorCode.ALREADY_LISTED


class EntryRefused(Exception):
    """Which entry could not be changed, and why."""

    def __init__(self, entry: AnyEntry, error: TokenAccessError) -> None:
        super().__init__(error.message)
        self.entry, self.error = entry, error


@transaction.atomic
@keep_groups_once()
def add_entries(
    holder: Project | Group, paths: Sequence[str], *, by: User | None, all_or_nothing: bool, **granted: Any
) -> list[AddedLine]:
    """A line for each of at most MAX_PATHS paths. With `all_or_nothing` nothing is added if a line has failed.

    `granted`: as for `add_entry`. Raises TokenAccessError if `by` may not change the list at all.
    """
    editing_rights.require_maintainer(by, holder)
    found = [(path, _find(path, by)) for path in paths[:MAX_PATHS]]
    lock_holder(holder)
    lines = [_add(holder, path, one, by, granted) for path, one in found]
    if all_or_nothing and any(line.has_failed for line in lines):
        transaction.set_rollback(True)
    else:
        record_bulk_change(holder, by, added=[line.entry for line in lines if line.entry is not None])
    return lines


@transaction.atomic
@keep_groups_once()
def change_entries(
    holder: Project | Group, entries: Iterable[int], change: Callable[[AnyEntry], Any], *, by: User | None
) -> int:
    """Let `change` change each of these inbound entries, those that are gone left out: all or none.

    Returns how many there were. Raises TokenAccessError if `by` may not change the list, EntryRefused for an entry.
    """
    editing_rights.require_maintainer(by, holder)
    lock_holder(holder)
    chosen = inbound_entries(holder).filter(pk__in=set(entries))
    rows = list(chosen.select_related(str(holder.kind), "target_project__group", "target_group"))
    before = {entry.pk: describe_entry(entry) for entry in rows}
    for entry in rows:
        try:
            change(entry)
        except TokenAccessError as error:
            raise EntryRefused(entry, error) from error
    record_bulk_change(holder, by, before=before)
    return len(rows)


def _find(path: str, by: User | None) -> VisibleTarget | TokenAccessError:
    try:
        return find_target(by, TargetName(IdOrPath.of_path(path)))
    except TokenAccessError as error:
        return error


def _add(
    holder: Project | Group,
    path: str,
    found: VisibleTarget | TokenAccessError,
    by: User | None,
    granted: dict[str, Any],
) -> AddedLine:
    if isinstance(found, TokenAccessError):
        return AddedLine(path, found)
    try:
        return AddedLine(path, entry=add_to_list(holder, found.target, by=by, **granted))
    except TokenAccessError as error:
        return AddedLine(path, error)
