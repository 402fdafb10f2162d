"""Below a lock every form says why it cannot open more, and no button is offered that would be refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import RULES, text
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry

NOTE = "You can’t change this because group acme locks it."
GROUP = "/groups/acme/inner/-/settings/token_access"


@pytest.fixture
def owner(cast: Cast, browser: Any) -> Client:
    return browser(cast.owner)


def lock(cast: Cast) -> None:
    services.change_group_rule(cast.acme, by=cast.owner, is_locked=True)


def shown_by(client: Client, address: str) -> str:
    return text(client.get(address)).replace("&#x27;", "’").replace("can't", "can’t")


def test_the_forms_of_a_project_s_entries_say_what_locks_them(cast: Cast, owner: Client) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    pages = [f"{RULES}/entries/{entry.pk}", f"{RULES}/entries/add"]
    assert not any(NOTE in shown_by(owner, page) for page in pages)
    lock(cast)
    assert all(NOTE in shown_by(owner, page) for page in pages)
    several = text(owner.post(f"{RULES}/entries/change", {"change": "permissions", "entry": [entry.pk]}))
    assert "group acme locks it" in several


def test_the_form_of_a_group_s_entry_says_what_locks_it(cast: Cast, owner: Client) -> None:
    inner = projects.group("inner", parent=cast.acme, by=cast.owner)
    entry = services.add_group_entry(inner, cast.app, by=cast.owner)
    lock(cast)
    assert NOTE in shown_by(owner, f"{GROUP}/entries/{entry.pk}")


def test_an_entry_that_a_lock_keeps_suspended_has_no_button_to_restore_it(cast: Cast, owner: Client) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    services.suspend_entry(entry, by=cast.owner)
    pages = [RULES, f"{RULES}/entries/{entry.pk}"]
    assert all(f"entries/{entry.pk}/restore" in shown_by(owner, page) for page in pages)
    lock(cast)
    assert not any(f"entries/{entry.pk}/restore" in shown_by(owner, page) for page in pages)


def test_a_removal_that_a_lock_forbids_to_undo_says_so_instead_of_the_button(cast: Cast, owner: Client) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    owner.post(f"{RULES}/entries/change", {"change": "remove", "entry": [entry.pk], "confirmed": "1"})
    assert not AllowlistEntry.objects.exists()
    assert "entries/undo" in shown_by(owner, RULES)
    lock(cast)
    line = shown_by(owner, RULES).split("1 entry was removed")[1].split("</div>")[0]
    assert NOTE in line
    assert "entries/undo" not in line
