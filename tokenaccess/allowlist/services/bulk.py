"""Add and change many inbound entries at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from identity.models import User
from projects.models import Project
from projects.roles.group_lock import keep_groups_once
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.allowlist import editing_rights
from tokenaccess.allowlist.services.entries import add_entry
from tokenaccess.allowlist.services.locking import lock
from tokenaccess.allowlist.targets import TargetName, VisibleTarget, find_target
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import AllowlistEntry

MAX_PATHS = 200


@dataclass(frozen=True, slots=True)
class AddedLine:
    """What became of one path. `error`: why it was not added; one that is on the list already is no failure."""

    path: str
    error: TokenAccessError | None = None

    @property
    def is_added(self) -> bool:
        return self.error is None

    @property
    def has_failed(self) -> bool:
        return self.error is not None and self.error.code is not ErrorCode.ALREADY_LISTED


class EntryRefused(Exception):
    """Which entry could not be changed, and why."""

    def __init__(self, entry: AllowlistEntry, error: TokenAccessError) -> None:
        super().__init__(error.message)
        self.entry, self.error = entry, error


@transaction.atomic
@keep_groups_once()
def add_entries(
    project: Project, paths: Sequence[str], *, by: User | None, all_or_nothing: bool, **granted: Any
) -> list[AddedLine]:
    """A line for each of at most MAX_PATHS paths. With `all_or_nothing` nothing is added if a line has failed.

    `granted`: as for `add_entry`. Raises TokenAccessError if `by` may not change the list at all.
    """
    editing_rights.require_maintainer(by, project)
    found = [(path, _find(path, by)) for path in paths[:MAX_PATHS]]
    lock(project)
    lines = [AddedLine(path, _add(project, one, by, granted)) for path, one in found]
    if all_or_nothing and any(line.has_failed for line in lines):
        transaction.set_rollback(True)
    return lines


@transaction.atomic
@keep_groups_once()
def change_entries(
    project: Project, entries: Iterable[int], change: Callable[[AllowlistEntry], Any], *, by: User | None
) -> int:
    """Let `change` change each of these inbound entries, those that are gone left out: all or none.

    Returns how many there were. Raises TokenAccessError if `by` may not change the list, EntryRefused for an entry.
    """
    editing_rights.require_maintainer(by, project)
    lock(project)
    chosen = AllowlistEntry.objects.inbound().filter(project=project, pk__in=set(entries))
    rows = list(chosen.select_related("project", "target_project__group", "target_group"))
    for entry in rows:
        try:
            change(entry)
        except TokenAccessError as error:
            raise EntryRefused(entry, error) from error
    return len(rows)


def _find(path: str, by: User | None) -> VisibleTarget | TokenAccessError:
    try:
        return find_target(by, TargetName(IdOrPath.of_path(path)))
    except TokenAccessError as error:
        return error


def _add(
    project: Project, found: VisibleTarget | TokenAccessError, by: User | None, granted: dict[str, Any]
) -> TokenAccessError | None:
    if isinstance(found, TokenAccessError):
        return found
    try:
        add_entry(project, found.target, by=by, **granted)
    except TokenAccessError as error:
        return error
    return None
