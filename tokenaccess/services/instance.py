"""What concerns the whole instance: its settings and the feature switch. Each face asks for an administrator."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from waffle.models import Switch

from audit import services as audit
from identity.models import User
from tokenaccess.errors import Code, TokenAccessError
from tokenaccess.load import SWITCH, is_enforced
from tokenaccess.models import InstanceSettings

SWITCHES = (SWITCH,)
MOST_ENTRIES = 100_000
_CHANGEABLE = {
    "enforce_inbound": bool,
    "editor_needs_both": bool,
    "allowlist_limit": int,
    "keep_latest_artifact": bool,
}


@transaction.atomic
def change_instance_settings(*, by: User | None, **changes: Any) -> InstanceSettings:
    """`changes`: enforce_inbound, editor_needs_both, keep_latest_artifact (bool), allowlist_limit (int)."""
    for name, value in changes.items():
        if name not in _CHANGEABLE or type(value) is not _CHANGEABLE[name]:
            raise TokenAccessError(f"{name} is invalid", Code.INVALID)
    if not 0 <= changes.get("allowlist_limit", 0) <= MOST_ENTRIES:
        raise TokenAccessError("allowlist_limit is invalid", Code.INVALID)
    InstanceSettings.objects.get_or_create(pk=1)
    settings = InstanceSettings.objects.select_for_update().get(pk=1)
    real = {name: value for name, value in changes.items() if getattr(settings, name) != value}
    for name, value in real.items():
        setattr(settings, name, value)
    if real:
        settings.save(update_fields=[*real, "updated_at"])
        told = ", ".join(f"{name}: {_word(value)}" for name, value in sorted(real.items()))
        _tell("instance_settings_updated", f"Instance settings changed: {told}", by, real)
    return settings


@transaction.atomic
def set_feature_switch(name: str, *, active: bool, by: User | None) -> bool:
    """Turns a feature switch on or off; `ci_scoped_job_token` off means that no limit is enforced anywhere."""
    _known(name)
    was = is_enforced()
    Switch.objects.update_or_create(name=name, defaults={"active": active})
    if was != active:
        word = "on" if active else "off"
        _tell(
            "feature_switch_changed", f"Feature switch {name} was turned {word}", by, {"name": name, "active": active}
        )
    return active


@transaction.atomic
def reset_feature_switch(name: str, *, by: User | None) -> None:
    """Back to the default, which is on."""
    _known(name)
    set_feature_switch(name, active=True, by=by)
    Switch.objects.filter(name=name).delete()


def _known(name: str) -> None:
    if name not in SWITCHES:
        raise TokenAccessError(f"There is no feature switch {name}", Code.INVALID)


def _word(value: object) -> str:
    return str(value).lower()


def _tell(event: str, message: str, by: User | None, details: dict[str, Any]) -> None:
    audit.record(event, message, by=by, on=InstanceSettings(pk=1), path="instance", **details)
