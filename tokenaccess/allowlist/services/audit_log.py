"""Audit entries about allowlist entries (job-token.md §9)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from audit import services as audit
from identity.models import User
from projects.models import Group, Project
from tokenaccess.models import AllowlistEntry, Direction, GroupAllowlistEntry
from tokenaccess.models.list_entry import ListEntry
from tokenaccess.policy.actions import TargetKind

# Which list: its part of the event's name, and its name.
_LISTS = {
    (Direction.OUTBOUND, TargetKind.PROJECT): ("outbound_", "outbound list of allowed projects"),
    (Direction.INBOUND, TargetKind.PROJECT): ("", "inbound list of allowed projects"),
    (Direction.INBOUND, TargetKind.GROUP): ("", "list of allowed groups"),
}


# How it is said that an entry was added or removed, and what stands before its permissions.
_MEMBERSHIP = {
    "added": ("was added to", ", with default permissions: false, job token policies: "),
    "removed": ("was removed from", ", with job token policies: "),
}


def record_membership(entry: AllowlistEntry, by: User | None, word: str) -> None:
    """`word`: added or removed."""
    target, path = entry.target, entry.project.full_path
    kind = target.kind
    direction, where = _LISTS[Direction(entry.direction), kind]
    verb, suffix = _MEMBERSHIP[word]
    policies = "" if entry.default_permissions else f"{suffix}{', '.join(entry.permissions)}"
    message = f"{kind.capitalize()} {target.full_path} {verb} {where} for {path}{policies}"
    _record(entry, target, by, f"secure_ci_job_token_{direction}{kind}_{word}", message)


def record_permissions_changed(entry: ListEntry, by: User | None) -> None:
    if isinstance(entry, GroupAllowlistEntry):
        record_group_entry(entry, by, "updated", "has other permissions in")
        return
    assert isinstance(entry, AllowlistEntry)
    default = str(entry.default_permissions).lower()
    message = f"CI job token updated to default permissions: {default}, policies: {', '.join(entry.permissions)}"
    _record(entry, entry.target, by, "secure_ci_job_token_policies_updated", message)


def record_terms_changed(entry: ListEntry, by: User | None, values: Mapping[str, Any]) -> None:
    """`values`: what is new, by the name of its field."""
    new = {name: _plain(value) for name, value in values.items()}
    words = ", ".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value)}" for name, value in new.items()
    )
    _record_on_list(entry, by, "terms_changed", f"was changed: {words}", **new)


def record_lapse(entry: ListEntry, by: User | None, word: str, verb: str) -> None:
    """It was suspended, restored, renewed or confirmed."""
    _record_on_list(entry, by, word, verb)


def _plain(value: Any) -> Any:
    if isinstance(value, User):
        return value.username
    return value.isoformat() if isinstance(value, date) else value


def _record_on_list(entry: ListEntry, by: User | None, word: str, verb: str, **details: Any) -> None:
    if isinstance(entry, GroupAllowlistEntry):
        record_group_entry(entry, by, word, f"{verb}, in", **details)
        return
    assert isinstance(entry, AllowlistEntry)
    kind = entry.target.kind
    _, where = _LISTS[Direction(entry.direction), kind]
    message = f"{kind.capitalize()} {entry.target.full_path} in the {where} {verb}"
    _record(entry, entry.target, by, f"job_token_entry_{word}", message, **details)


def _record(
    entry: AllowlistEntry, target: Project | Group, by: User | None, event: str, message: str, **details: Any
) -> None:
    project = entry.project
    about: dict[str, Any] = {
        "kind": target.kind,
        "target_id": target.pk,
        "target": target.full_path,
        "direction": str(entry.direction),
        "default_permissions": entry.default_permissions,
        "permissions": entry.permissions,
        "autopopulated": entry.autopopulated,
        **details,
    }
    audit.record(event, message, by=by, on=project, path=project.full_path, **about)


def record_group_entry(entry: GroupAllowlistEntry, by: User | None, word: str, verb: str, **details: Any) -> None:
    target, group = entry.target, entry.group
    policies = "" if entry.default_permissions else f", with job token policies: {', '.join(entry.permissions)}"
    what = f"{target.kind.capitalize()} {target.full_path} {verb}"
    audit.record(
        f"secure_ci_job_token_group_list_{target.kind}_{word}",
        f"{what} the list for all projects of {group.full_path}{policies}",
        by=by,
        on=group,
        path=group.full_path,
        kind=target.kind,
        target_id=target.pk,
        target=target.full_path,
        default_permissions=entry.default_permissions,
        permissions=entry.permissions,
        **details,
    )
