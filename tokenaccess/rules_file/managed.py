"""Projects and groups whose rules a file set last, and their drift: what has been changed past the file since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from audit import services as audit
from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist import editing_rights
from tokenaccess.allowlist.display.history import token_access_events
from tokenaccess.allowlist.services.locking import lock_holder
from tokenaccess.allowlist.targets import visible_targets
from tokenaccess.models import GroupRulesFile, RulesFile
from tokenaccess.policy.actions import TargetKind
from tokenaccess.rules_file.rule_set import Change, RuleSet, compare
from tokenaccess.rules_file.state import read_state

if TYPE_CHECKING:
    from tokenaccess.rules_file.plan import Plan


_FILES: dict[TargetKind, Any] = {TargetKind.PROJECT: RulesFile, TargetKind.GROUP: GroupRulesFile}


@dataclass(frozen=True, slots=True)
class Managed:
    """`drift`: what is different now. `since`: the first change past the file, None without drift."""

    applied_at: datetime
    applied_by: str
    drift: list[Change]
    since: datetime | None


def read_managed(holder: Project | Group, reader: User | None) -> Managed | None:
    """None where no file manages it. Eight statements at most."""
    kept = _file_of(holder).select_related("applied_by").first()
    if kept is None:
        return None
    drift = compare(RuleSet.of_data(kept.rules), read_state(holder, reader).rules)
    if reader is not None:
        drift = _redact(drift, reader)
    since = token_access_events(holder).filter(at__gt=kept.applied_at).order_by("id").first() if drift else None
    name = "" if kept.applied_by is None else kept.applied_by.username
    return Managed(kept.applied_at, name, drift, None if since is None else since.at)


def _redact(drift: list[Change], reader: User) -> list[Change]:
    seen = visible_targets((change.key for change in drift if change.key is not None), reader)
    return [replace(change, hidden=change.key is not None and change.key not in seen) for change in drift]


def keep_managed(holder: Project | Group, plan: Plan, *, by: User | None) -> None:
    """Only what the file speaks of is compared later."""
    now = read_state(holder, None).rules
    settings = {name: value for name, value in now.settings.items() if name in plan.wanted.settings}
    lists = {name: entries for name, entries in now.lists.items() if name in plan.wanted.lists}
    values = {"rules": RuleSet(settings, lists).to_data(), "applied_at": timezone.now(), "applied_by": by}
    _FILES[holder.kind].objects.update_or_create(pk=holder.pk, defaults=values)


@transaction.atomic
def stop_managing(holder: Project | Group, *, by: User | None) -> bool:
    """The rules stay, and drift no more. Whether a file managed them."""
    editing_rights.require_maintainer(by, holder)
    lock_holder(holder)
    found, _ = _file_of(holder).delete()
    if found:
        message = f"{holder.full_path} is managed by a rules file no more"
        audit.record("secure_ci_job_token_rules_released", message, by=by, on=holder, path=holder.full_path)
    return bool(found)


def _file_of(holder: Project | Group) -> Any:
    return _FILES[holder.kind].objects.filter(pk=holder.pk)
