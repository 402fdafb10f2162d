"""Instance settings and the feature switch. Each interface requires an administrator."""

from __future__ import annotations

import json
import re
from typing import Any

from django.db import transaction
from waffle.models import Switch

from audit import services as audit
from identity.encryption import encrypt
from identity.models import User
from identity.sign_in.two_factor import end_sessions_without_two_factor
from projects.models import Project
from tokenaccess.access.facts import SWITCHES, read_switches
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import InstanceSettings
from tokenaccess.models.instance import KEPT_WITH_EFFECT
from tokenaccess.policy.levels import InboundMode

MAX_ALLOWLIST_LIMIT = 100_000
MAX_GIT_PUSH_PIPELINE_LIMIT = 10_000
MAX_DAYS = 10_000
MAX_VALUES = {
    "allowlist_limit": MAX_ALLOWLIST_LIMIT,
    "git_push_pipeline_limit": MAX_GIT_PUSH_PIPELINE_LIMIT,
    "unused_entry_days": MAX_DAYS,
    "access_review_days": MAX_DAYS,
}
_FIELD_TYPES = {
    "inbound_mode": InboundMode,
    "editor_needs_both": bool,
    "allowlist_limit": int,
    "unused_entry_days": int,
    "suspend_unused_entries": bool,
    "access_review_days": int,
    "keep_latest_artifact": bool,
    "git_push_pipeline_limit": int,
    "file_template_project": Project | None,
    "ci_remote_include_hosts": list,
    "allow_runner_registration_token": bool,
    "require_two_factor": bool,
    **dict.fromkeys(KEPT_WITH_EFFECT, bool),
}
MAX_HOSTS = 50
MAX_OTHER_SETTINGS = 1000
HOST = re.compile(r"(?=.{1,253}(?::|$))[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?")


@transaction.atomic
def change_instance_settings(*, by: User | None, **changes: Any) -> InstanceSettings:
    """`changes`: inbound_mode (InboundMode), or in its place enforce_inbound (bool), which leaves a trial as it is;
    editor_needs_both, suspend_unused_entries, keep_latest_artifact, allow_runner_registration_token,
    require_two_factor, those KEPT_WITH_EFFECT (bool), allowlist_limit, unused_entry_days, access_review_days,
    git_push_pipeline_limit (int), file_template_project, ci_remote_include_hosts (host names, with a port if it is
    not 443)."""
    changes = _with_mode(changes)
    for name, value in changes.items():
        if name not in _FIELD_TYPES or not _is_of_type(value, _FIELD_TYPES[name]):
            raise TokenAccessError(f"{name} is invalid", ErrorCode.INVALID)
    for name, maximum in MAX_VALUES.items():
        if not 0 <= changes.get(name, 0) <= maximum:
            raise TokenAccessError(f"{name} is invalid", ErrorCode.INVALID)
    if not is_host_list(changes.get("ci_remote_include_hosts", [])):
        raise TokenAccessError("ci_remote_include_hosts is invalid", ErrorCode.INVALID)
    InstanceSettings.objects.get_or_create(pk=1)
    settings = InstanceSettings.objects.select_for_update().get(pk=1)
    effective = {name: value for name, value in changes.items() if getattr(settings, name) != value}
    for name, value in effective.items():
        setattr(settings, name, value)
    if effective:
        columns = {"sealed_others" if name in KEPT_WITH_EFFECT else name for name in effective}
        settings.save(update_fields=[*columns, "updated_at"])
        summary = ", ".join(f"{name}: {_word(value)}" for name, value in sorted(effective.items()))
        details = {name: _detail(value) for name, value in effective.items()}
        if effective.get("require_two_factor"):
            end_sessions_without_two_factor()
        _audit("instance_settings_updated", f"Instance settings changed: {summary}", by, details)
    return settings


@transaction.atomic
def keep_other_settings(others: dict[str, Any], *, by: User | None) -> InstanceSettings:
    """GitLab's settings that have no effect here: name → value, null to forget one. They may hold secrets: encrypted,
    and only named in the audit."""
    InstanceSettings.objects.get_or_create(pk=1)
    settings = InstanceSettings.objects.select_for_update().get(pk=1)
    kept = {name: value for name, value in {**settings.others, **others}.items() if value is not None}
    if len(kept) > MAX_OTHER_SETTINGS:
        raise TokenAccessError(f"No more than {MAX_OTHER_SETTINGS} other settings are kept", ErrorCode.INVALID)
    if kept != settings.others:
        settings.sealed_others = encrypt(json.dumps(kept))
        settings.save(update_fields=["sealed_others", "updated_at"])
        names = sorted(others)
        message = f"Instance settings without effect changed: {', '.join(names)}"
        _audit("instance_settings_kept", message, by, {"names": names})
    return settings


@transaction.atomic
def set_feature_switch(name: str, *, active: bool, by: User | None) -> bool:
    """Turn a feature switch on or off; while `ci_scoped_job_token` is off, no limit applies anywhere. One that is none
    of ours is kept, and has no effect."""
    was = read_switches().get(name)
    Switch.objects.update_or_create(name=name, defaults={"active": active})
    if was != active:
        word = "on" if active else "off"
        _audit(
            "feature_switch_changed", f"Feature switch {name} was turned {word}", by, {"name": name, "active": active}
        )
    return active


@transaction.atomic
def reset_feature_switch(name: str, *, by: User | None) -> None:
    """Restore the default; one that is none of ours is forgotten."""
    if name in SWITCHES:
        set_feature_switch(name, active=SWITCHES[name], by=by)
    Switch.objects.filter(name=name).delete()


def is_host_list(hosts: Any) -> bool:
    """Whether it is a list of host names in lower case, each with a port or without."""
    if not isinstance(hosts, list) or len(hosts) > MAX_HOSTS:
        return False
    return all(isinstance(host, str) and HOST.fullmatch(host) for host in hosts)


def _is_of_type(value: object, kind: Any) -> bool:
    """As `isinstance`, but a bool is no int."""
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def _with_mode(changes: dict[str, Any]) -> dict[str, Any]:
    """Without `enforce_inbound`."""
    wanted = changes.pop("enforce_inbound", None)
    if wanted is None:
        return changes
    if not isinstance(wanted, bool):
        raise TokenAccessError("enforce_inbound is invalid", ErrorCode.INVALID)
    return {**changes, "inbound_mode": InboundMode.ENFORCED if wanted else _off()}


def _detail(value: object) -> object:
    if isinstance(value, InboundMode):
        return _word(value)
    return str(value) if isinstance(value, Project) else value


def _off() -> InboundMode:
    """What enforcing no more leaves: a trial stays one."""
    mode = InstanceSettings.current().inbound_mode
    return InboundMode.TRIAL if mode == InboundMode.TRIAL else InboundMode.OPEN


def _word(value: object) -> str:
    return value.name.lower() if isinstance(value, InboundMode) else str(value).lower()


def _audit(event: str, message: str, by: User | None, details: dict[str, Any]) -> None:
    audit.record(event, message, by=by, on=InstanceSettings(pk=1), path="instance", **details)
