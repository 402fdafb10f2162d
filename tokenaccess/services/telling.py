"""The audit's lines about entries (job-token.md §9)."""

from __future__ import annotations

from typing import Any

from audit import services as audit
from identity.models import User
from tokenaccess.models import AllowlistEntry, Direction


def kind_of(entry: AllowlistEntry) -> str:
    return "project" if entry.target_project_id is not None else "group"


def added(entry: AllowlistEntry, by: User | None) -> None:
    suffix = "" if entry.default_permissions else ", with default permissions: false, job token policies: "
    _tell(entry, by, "added", "was added to", suffix)


def removed(entry: AllowlistEntry, by: User | None) -> None:
    _tell(entry, by, "removed", "was removed from", "" if entry.default_permissions else ", with job token policies: ")


def permissions_changed(entry: AllowlistEntry, by: User | None) -> None:
    default = str(entry.default_permissions).lower()
    message = f"CI job token updated to default permissions: {default}, policies: {', '.join(entry.permissions)}"
    _record(entry, by, "secure_ci_job_token_policies_updated", message)


def _tell(entry: AllowlistEntry, by: User | None, word: str, verb: str, suffix: str) -> None:
    kind, path = kind_of(entry), entry.project.full_path
    if entry.direction == Direction.OUTBOUND:
        event, where = f"secure_ci_job_token_outbound_project_{word}", f"outbound list of allowed projects for {path}"
    elif kind == "project":
        event, where = f"secure_ci_job_token_project_{word}", f"inbound list of allowed projects for {path}"
    else:
        event, where = f"secure_ci_job_token_group_{word}", f"list of allowed groups for {path}"
    policies = f"{suffix}{', '.join(entry.permissions)}" if suffix else ""
    _record(entry, by, event, f"{kind.capitalize()} {entry.target.full_path} {verb} {where}{policies}")


def _record(entry: AllowlistEntry, by: User | None, event: str, message: str) -> None:
    about: dict[str, Any] = {
        "kind": kind_of(entry),
        "target_id": entry.target.pk,
        "target": entry.target.full_path,
        "direction": str(entry.direction),
        "default_permissions": entry.default_permissions,
        "permissions": entry.permissions,
        "autopopulated": entry.autopopulated,
    }
    audit.record(event, message, by=by, on=entry.project, path=entry.project.full_path, **about)
