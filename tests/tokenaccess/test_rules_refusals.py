"""A plan says beforehand what applying the file would refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from audit.models import AuditEvent
from tests.factories import projects
from tests.factories.cast import Cast
from tests.tokenaccess.test_rules_file import FILE
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import InboundMode


def _lock(cast: Cast) -> None:
    services.change_group_rule(cast.acme, by=cast.owner, is_locked=True, inbound_mode=InboundMode.ENFORCED)


def _lock_what_narrows(cast: Cast) -> None:
    site = projects.project("site", group=cast.acme, by=cast.owner)
    services.add_entry(cast.library, site, by=cast.owner, default_permissions=False, permissions=["read_jobs"])
    services.add_group_entry(cast.acme, site, by=cast.owner)
    _lock(cast)


@pytest.mark.parametrize(
    ("before", "refused"),
    [
        (_lock, ["mode", "acme/app"]),
        (_lock_what_narrows, ["mode", "acme/site", "acme/app"]),
        (lambda _cast: services.change_instance_settings(by=None, enforce_inbound=True), ["mode"]),
        (lambda _cast: services.change_instance_settings(by=None, allowlist_limit=0), ["acme/app"]),
    ],
    ids=["a lock above", "a lock above and an entry that narrows", "the instance", "a full list"],
)
def test_a_plan_says_what_applying_it_would_refuse_and_why(
    cast: Cast, api: Any, before: Callable[[Cast], Any], refused: list[str]
) -> None:
    rules = f"/token_access/projects/{cast.library.pk}/rules"
    before(cast)
    entries, events = list(AllowlistEntry.objects.values()), AuditEvent.objects.count()
    speak = api(cast.owner)
    plan = speak.post(f"{rules}/plan", {"content": FILE}).json()
    assert plan["refused"] == refused
    first = plan["refusals"][0]
    answer = speak.post(f"{rules}/apply", {"content": FILE, "hash": plan["hash"]})
    assert (answer.status_code, f"{first['name']}: {first['reason']}" in answer.json()["message"]) == (400, True)
    assert list(AllowlistEntry.objects.values()) == entries
    assert (AuditEvent.objects.count(), settings_of(cast.library).inbound_mode) == (events, InboundMode.ENFORCED)
