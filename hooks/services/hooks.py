"""Webhooks and their secrets. Every change is recorded, without the secrets."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import services as audit
from hooks.delivery.template import fill_in, mask
from hooks.events import DEFAULT_ON, EVENTS_OF, Event
from hooks.models import Hook
from hooks.services.validation import require_valid
from identity.models import User
from identity.names import require_visible
from projects.models import Group, Project

MAX_HOOKS = 100  # of one project, group or the instance
Secret = Literal["headers", "variables"]
SECRETS = ("url", "token", "signing_token", "headers", "variables")
OTHER_HOST = "must be given whole, with all variables, where a variable leads to another host"
FIELDS = ("name", "description", "branch_filter", "filter_strategy", "verifies_tls")


@transaction.atomic
def create_hook(place: Project | Group | None, *, by: User, url: str, events: dict[str, bool], **fields: Any) -> Hook:
    """`events`: by name; those that are not named are as they are by default. `fields`: of SECRETS and FIELDS.

    Raises ValidationError by field.
    """
    if place is not None:
        type(place).objects.select_for_update(no_key=True).get(pk=place.pk)  # counted one after the other
    if Hook.objects.of_place(place).count() >= MAX_HOOKS:
        raise ValidationError({"base": [f"Maximum number of webhooks ({MAX_HOOKS}) exceeded"]})
    hook = Hook(creator=by, **({} if place is None else {str(place.kind): place}))
    hook.events = _events(hook, set(DEFAULT_ON[hook.kind]), events)
    _change(hook, {"url": url, **fields}, {})
    hook.save()
    _record("webhook_created", "created", hook, by, events=hook.events)
    return hook


@transaction.atomic
def update_hook(hook: Hook, *, by: User, events: dict[str, bool], **fields: Any) -> Hook:
    """As `create_hook`. With another address the secrets that were for the old one are forgotten, unless given too."""
    hook = _lock(hook)
    before, secrets = {name: getattr(hook, name) for name in FIELDS}, hook.shown_secrets
    known = set(hook.events)
    if secrets.get("url") and fields.get("url", mask(secrets["url"])) == mask(secrets["url"]):  # as it was shown
        fields |= {"url": secrets["url"]} if "url" in fields else {}
        _require_same_host({"url": secrets["url"]}, secrets, fields)
    hook.events = _events(hook, {Event(name) for name in hook.events}, events)
    if "url" in fields and fields["url"] != secrets.get("url"):
        secrets = {}
        hook.failures, hook.disabled_until = 0, None
    _change(hook, fields, _for_address(secrets, fields))
    # Who changes it is who sees with it from now on: nobody reads other people's view of Token Access by an old hook.
    hook.creator = by
    hook.save()
    changed = [name for name in FIELDS if getattr(hook, name) != before[name]]
    changed += [name for name in SECRETS if name in fields]
    if known != set(hook.events):
        changed.append("events")
    _record("webhook_changed", "changed", hook, by, fields=changed, events=hook.events)
    return hook


@transaction.atomic
def delete_hook(hook: Hook, *, by: User) -> None:
    _record("webhook_deleted", "deleted", hook, by)
    hook.delete()


@transaction.atomic
def set_secret(hook: Hook, kind: Secret, key: str, value: str, *, by: User) -> None:
    """A custom header or a variable of the address. Raises ValidationError."""
    hook = _lock(hook)
    secrets = hook.shown_secrets
    fields: dict[str, Any] = {kind: {**secrets.get(kind, {}), key: value}}
    others = {name: text for name, text in secrets.get("variables", {}).items() if name != key}
    _require_same_host({"url": secrets.get("url", ""), "variables": others}, secrets, fields)
    _change(hook, fields, _for_address(secrets, fields))
    hook.creator = by
    hook.save(update_fields=["sealed", "creator"])
    _record("webhook_changed", "changed", hook, by, fields=[kind], key=key)


@transaction.atomic
def remove_secret(hook: Hook, kind: Secret, key: str, *, by: User) -> bool:
    """Whether there was one. Raises ValidationError: the address needs the variable."""
    hook = _lock(hook)
    secrets = hook.shown_secrets
    left = {name: value for name, value in secrets.get(kind, {}).items() if name != key}
    if len(left) == len(secrets.get(kind, {})):
        return False
    _change(hook, {kind: left}, secrets)
    hook.save(update_fields=["sealed"])
    _record("webhook_changed", "changed", hook, by, fields=[kind], key=key)
    return True


def _require_same_host(kept: dict[str, Any], secrets: dict[str, Any], fields: dict[str, Any]) -> None:
    """Nobody leads what they do not know, and are not shown, to another host by a variable. Raises ValidationError."""
    if not kept.get("variables") and mask(kept["url"]) == kept["url"]:
        return
    before, after = (_origin(known) for known in (secrets, {**secrets, **fields}))
    if before != after:
        raise ValidationError({"url": [OTHER_HOST]})


def _origin(secrets: dict[str, Any]) -> tuple[str, str]:
    """Raises ValidationError."""
    try:
        parts = urlsplit(fill_in(secrets.get("url", ""), secrets.get("variables") or {}))
    except ValueError:
        raise ValidationError({"url": ["must be a valid URL"]}) from None
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()


def _for_address(secrets: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    """What of the secrets is left: variables lead to another address too, whose owner gets nothing of the old one's."""
    new = {**secrets, **fields}
    before = fill_in(secrets.get("url", ""), secrets.get("variables", {}))
    if fill_in(new.get("url", ""), new.get("variables") or {}) == before:
        return secrets
    return {name: value for name, value in secrets.items() if name in {"url", "variables"}}


def _lock(hook: Hook) -> Hook:
    return Hook.objects.select_for_update(of=("self",), no_key=True).get(pk=hook.pk)


def _events(hook: Hook, known: set[Event], wanted: dict[str, bool]) -> list[str]:
    on = {event for event in known if wanted.get(event, True)}
    on |= {Event(name) for name, value in wanted.items() if value}
    return [str(event) for event in EVENTS_OF[hook.kind] if event in on]


def _change(hook: Hook, fields: dict[str, Any], secrets: dict[str, Any]) -> None:
    changes = {name: fields[name] for name in FIELDS if name in fields and fields[name] != getattr(hook, name)}
    require_visible(**{name: changes[name] for name in ("name", "description") if name in changes})
    for name, value in changes.items():
        setattr(hook, name, value)
    secrets = {**secrets, **{name: fields[name] for name in SECRETS if name in fields}}
    require_valid(hook, secrets)
    hook.encrypt_secrets(secrets)


def _record(event: str, what: str, hook: Hook, by: User, **details: Any) -> None:
    place = hook.place
    path = "instance" if place is None else place.full_path
    message = f"Webhook {hook.name or hook.address} of {path} was {what}"
    audit.record(event, message, by=by, on=place or hook, path=path, webhook=hook.pk, **details)
