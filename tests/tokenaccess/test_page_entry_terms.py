"""What an entry is for, its end and its conditions on the page of the entry, and the buttons for what lapsed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from identity.models import today
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.support.token_access import RULES, record_authorization, text
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Role

NEXT_WEEK = today() + timedelta(days=7)


@pytest.fixture
def entry(cast: Cast) -> AllowlistEntry:
    return services.add_entry(cast.library, cast.app, by=cast.owner)


def test_reason_owner_end_and_conditions_are_saved_and_shown_again(
    cast: Cast, page: Client, entry: AllowlistEntry
) -> None:
    address = f"{RULES}/entries/{entry.pk}"
    sent = {
        "permissions": "default", "reason": "Builds the app", "owner": "@developer",
        "expires_at": NEXT_WEEK.isoformat(),
        "protected_refs": "on", "branches": "main\r\n release/* \r\n\r\n", "pipeline_sources": ["push", "schedule"],
    }  # fmt: skip
    saved = text(page.post(address, sent, follow=True))
    assert "Entry acme/app saved." in saved
    assert "What started the pipeline: Push, Schedule" in saved
    entry.refresh_from_db()
    assert (entry.reason, entry.owner, entry.expires_at) == ("Builds the app", cast.developer, NEXT_WEEK)
    assert entry.conditions == {
        "protected_refs": True, "branches": ["main", "release/*"], "pipeline_sources": ["push", "schedule"]
    }  # fmt: skip
    shown = text(page.get(address))
    for words in ("Builds the app", 'value="developer"', NEXT_WEEK.isoformat(), "main release/*", "Active"):
        assert words in shown
    page.post(address, {"permissions": "default"})
    entry.refresh_from_db()
    assert (entry.reason, entry.owner, entry.expires_at, entry.conditions) == ("", None, None, {})


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"owner": "nobody"}, "Is not a member of the project"),
        ({"expires_at": "2020-01-01"}, "Must be a day to come"),
        ({"runner_networks": "home"}, "Has &#x27;home&#x27;, which is not a network"),
        ({"pipeline_sources": "moon"}, "moon is not one of the available choices"),
        ({"branches": "x" * 300}, "Has &#x27;xxx"),
    ],
)
def test_a_bad_value_is_shown_at_its_field_and_nothing_is_saved(
    page: Client, entry: AllowlistEntry, sent: dict[str, str], error: str
) -> None:
    answer = page.post(f"{RULES}/entries/{entry.pk}", {"permissions": "chosen", "reason": "kept", **sent})
    assert answer.status_code == 422
    assert error in text(answer)
    assert " kept</textarea>" in text(answer)
    entry.refresh_from_db()
    assert entry.default_permissions


def test_an_entry_is_suspended_and_restored_by_a_button(cast: Cast, page: Client, entry: AllowlistEntry) -> None:
    record_authorization(cast.library, cast.app)
    assert "If it is suspended, 1 project" in text(page.get(f"{RULES}/entries/{entry.pk}"))
    assert "acme/app is suspended and admits nobody." in text(
        page.post(f"{RULES}/entries/{entry.pk}/suspend", follow=True)
    )
    shown = text(page.get(RULES))
    assert f'action="{RULES}/entries/{entry.pk}/restore"' in shown
    assert "By maintainer; it admits nobody." in text(page.get(f"{RULES}/entries/{entry.pk}"))
    answer = page.post(f"{RULES}/entries/{entry.pk}/restore", follow=True)
    assert "acme/app is no longer suspended." in text(answer)
    entry.refresh_from_db()
    assert entry.suspended_at is None


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_an_expired_entry_stays_on_its_list_and_is_renewed_by_a_button(
    cast: Cast, page: Client, direction: str
) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner, direction=direction)
    AllowlistEntry.objects.update(expires_at=today())
    shown = text(page.get(RULES if direction == "inbound" else f"{RULES}/outbound"))
    assert "Expired" in shown
    assert f'action="{RULES}/entries/{entry.pk}/renew"' in shown
    assert "It admits nobody any more." in text(page.get(f"{RULES}/entries/{entry.pk}"))
    end = today() + timedelta(days=90)
    answer = page.post(f"{RULES}/entries/{entry.pk}/renew", follow=True)
    assert f"acme/app is renewed until {end}." in text(answer)


def test_who_may_not_add_an_entry_may_not_renew_it(cast: Cast, browser: Any, entry: AllowlistEntry) -> None:
    half = projects.member(people.person("half"), cast.library, Role.MAINTAINER)
    projects.member(half, cast.app, Role.GUEST)
    AllowlistEntry.objects.update(expires_at=today())
    answer = browser(half).post(f"{RULES}/entries/{entry.pk}/renew", follow=True)
    assert "You are not a maintainer of acme/app." in text(answer)
    entry.refresh_from_db()
    assert entry.expires_at == today()


def test_an_unused_entry_is_shown_as_such(cast: Cast, page: Client, entry: AllowlistEntry) -> None:
    address = f"{RULES}/entries/{entry.pk}"
    assert "It has admitted nobody for" not in text(page.get(address))
    AllowlistEntry.objects.update(created_at=timezone.now() - timedelta(days=120))
    assert "It has admitted nobody for 120 days." in text(page.get(address))


def test_developers_press_no_button(cast: Cast, browser: Any, entry: AllowlistEntry) -> None:
    for step in ("suspend", "restore", "renew"):
        assert browser(cast.developer).post(f"{RULES}/entries/{entry.pk}/{step}").status_code == 403
