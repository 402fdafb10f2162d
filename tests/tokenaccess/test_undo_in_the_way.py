"""Undo a change of many entries when a lock, a ceiling or a rules file came in between: nothing is weakened."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.token_access import RULES, text
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, BulkChange
from tokenaccess.rules_file.apply import apply_document
from tokenaccess.rules_file.plan import make_plan
from tokenaccess.rules_file.reader import read_document

LOCKED = "Nothing was changed. You can&#x27;t change this because group acme locks it."


@pytest.fixture
def owner(cast: Cast, browser: Any) -> Client:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    return browser(cast.owner)


def change(page: Client, **sent: str) -> None:
    entry = AllowlistEntry.objects.get()
    page.post(f"{RULES}/entries/change", {"entry": str(entry.pk), "confirmed": "1", **sent})


def undo(page: Client) -> str:
    return text(page.post(f"{RULES}/entries/undo", {"change": BulkChange.objects.get().pk}, follow=True))


def lock(cast: Cast, **rule: Any) -> None:
    services.change_group_rule(cast.acme, by=cast.owner, is_locked=True, **rule)


@pytest.mark.parametrize(
    "sent",
    [
        {"change": "permissions", "permissions": "chosen", "p-jobs": "read_jobs"},
        {"change": "end", "expires_at": "2999-01-01"},
        {"change": "suspend"},
    ],
    ids=lambda sent: sent["change"],
)
def test_a_lock_keeps_what_was_narrowed_and_the_entry_is_named(cast: Cast, owner: Client, sent: dict[str, str]) -> None:
    change(owner, **sent)
    narrow = AllowlistEntry.objects.values().get()
    lock(cast)
    assert f"{LOCKED} In the way: acme/app." in undo(owner)
    assert (AllowlistEntry.objects.values().get(), BulkChange.objects.count()) == (narrow, 1)


def test_below_a_lock_what_was_widened_is_narrow_again(cast: Cast, owner: Client) -> None:
    AllowlistEntry.objects.update(default_permissions=False, permissions=["read_jobs"])
    change(owner, change="permissions", permissions="default")
    lock(cast)
    assert "Undone: the entries are as they were." in undo(owner)
    assert AllowlistEntry.objects.get().permissions == ["read_jobs"]


def test_below_a_lock_what_was_added_goes_unless_another_would_admit_more(cast: Cast, owner: Client) -> None:
    AllowlistEntry.objects.all().delete()
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    sent = {"paths": "acme/app", "failing": "none", "permissions": "chosen", "p-jobs": "read_jobs"}
    owner.post(f"{RULES}/entries/add", sent)
    assert AllowlistEntry.objects.count() == 2
    lock(cast)
    assert f"{LOCKED} In the way: acme/app." in undo(owner)
    assert AllowlistEntry.objects.count() == 2
    AllowlistEntry.objects.exclude(target_group=None).delete()
    assert "Undone: the entries are as they were." in undo(owner)
    assert not AllowlistEntry.objects.exists()


def test_a_ceiling_cuts_what_comes_back(cast: Cast, owner: Client) -> None:
    services.limit_access(cast.library, by=cast.owner, inbound=True)
    asked = f"/projects/{cast.library.pk}/releases"
    job = Api(job=cast.job_token())
    assert job.get(asked).status_code == 200
    change(owner, change="remove")
    services.change_group_rule(cast.acme, by=cast.owner, has_ceiling=True)
    assert "Undone: the entries are as they were." in undo(owner)
    assert AllowlistEntry.objects.get().target == cast.app
    assert job.get(asked).status_code == 404
    assert "no effect" in text(owner.get(RULES))


def test_what_is_undone_past_a_rules_file_is_drift(cast: Cast, owner: Client) -> None:
    change(owner, change="remove")
    content = "version: 1\nproject: acme/library\ninbound: []\n"
    document = read_document(content)
    plan = make_plan(cast.library, document, cast.owner)
    apply_document(cast.library, document, by=cast.owner, plan_hash=plan.hash)
    assert "Undone: the entries are as they were." in undo(owner)
    assert "1 thing was changed past it" in text(owner.get(RULES))
    assert "acme/app" in text(owner.get(f"{RULES}/rules_file"))


def test_of_many_in_the_way_five_are_named_and_none_that_is_hidden(cast: Cast, owner: Client) -> None:
    far = projects.group("out", by=cast.owner)
    for number in range(7):
        services.add_entry(cast.library, projects.project(f"p{number}", group=far, by=cast.owner), by=cast.owner)
    hidden = projects.project("vault", group=projects.group("secret", visibility=0))
    AllowlistEntry.objects.create(project=cast.library, target_project=hidden)
    ids = ",".join(str(pk) for pk in AllowlistEntry.objects.values_list("pk", flat=True))
    owner.post(f"{RULES}/entries/change", {"entry": ids, "confirmed": "1", "change": "suspend"})
    AllowlistEntry.objects.update(reason="Another")
    said = undo(owner)
    assert "In the way: acme/app, out/p0, out/p1, out/p2, out/p3, 4 others." in said
    assert "vault" not in said
