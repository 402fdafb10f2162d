"""Audit entries about allowlist entries (job-token.md §9)."""

from __future__ import annotations

from typing import Any

from audit import services as audit
from identity.models import User
from projects.models import Group, Project
from tokenaccess.models import AllowlistEntry, Direction
from tokenaccess.policy.actions import TargetKind

# Which list: its part of the event's name, and its name.
_LISTS = {
    (Direction.OUTBOUND, TargetKind.PROJECT): ("outbound_", "outbound list of allowed projects"),
    (Direction.INBOUND, TargetKind.PROJECT): ("", "inbound list of allowed projects"),
    (Direction.INBOUND, TargetKind.GROUP): ("", "list of allowed groups"),
}


def record_added(entry: AllowlistEntry, by: User | None) -> None:
    suffix = "" if entry.default_permissions else ", with default permissions: false, job token policies: "
    _record_membership(entry, by, "added", "was added to", suffix)


def record_removed(entry: AllowlistEntry, by: User | None) -> None:
    _record_membership(
        entry, by, "removed", "was removed from", "" if entry.default_permissions else ", with job token policies: "
    )


def record_permissions_changed(entry: AllowlistEntry, by: User | None) -> None:
    default = str(entry.default_permissions).lower()
    message = f"CI job token updated to default permissions: {default}, policies: {', '.join(entry.permissions)}"
    _record(entry, entry.target, by, "secure_ci_job_token_policies_updated", message)


def _record_membership(entry: AllowlistEntry, by: User | None, word: str, verb: str, suffix: str) -> None:
    target, path = entry.target, entry.project.full_path
    kind = target.kind
    direction, where = _LISTS[Direction(entry.direction), kind]
    policies = f"{suffix}{', '.join(entry.permissions)}" if suffix else ""
    message = f"{kind.capitalize()} {target.full_path} {verb} {where} for {path}{policies}"
    _record(entry, target, by, f"secure_ci_job_token_{direction}{kind}_{word}", message)


def _record(entry: AllowlistEntry, target: Project | Group, by: User | None, event: str, message: str) -> None:
    project = entry.project
    about: dict[str, Any] = {
        "kind": target.kind,
        "target_id": target.pk,
        "target": target.full_path,
        "direction": str(entry.direction),
        "default_permissions": entry.default_permissions,
        "permissions": entry.permissions,
        "autopopulated": entry.autopopulated,
    }
    audit.record(event, message, by=by, on=project, path=project.full_path, **about)
