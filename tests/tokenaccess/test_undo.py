"""Undo the last change of many entries: what was added, changed or removed, of a project's list and of a group's."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from projects.models import Project
from projects.services.moves import move_project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import RULES, text
from tokenaccess.allowlist import services
from tokenaccess.allowlist.services.any_list import add_to_list
from tokenaccess.allowlist.services.described import describe_entry
from tokenaccess.models import AllowlistEntry, BulkChange, GroupAllowlistEntry
from tokenaccess.policy.levels import Role

GROUP = "/groups/acme/-/settings/token_access"


@dataclass
class World:
    """A list of two entries: one with all that an entry may say, and one that has expired and is suspended."""

    page: Client
    address: str
    holder: Any
    model: Any
    sources: list[Project]
    ids: str

    def list(self) -> list[dict[str, Any]]:
        return [describe_entry(entry) for entry in self.model.objects.order_by("target_project")]

    def change(self, **sent: str) -> str:
        answer = self.page.post(f"{self.address}/entries/change", {"entry": self.ids, "confirmed": "1", **sent})
        assert answer.status_code == 302
        return self.last()

    def last(self) -> str:
        """The id that the button of the page posts."""
        (found,) = re.findall(r'name="change" value="(\d+)"', self.page.get(self.address).content.decode())
        return str(found)

    def undo(self, change: str) -> str:
        return text(self.page.post(f"{self.address}/entries/undo", {"change": change}, follow=True))


@pytest.fixture(params=["project", "group"])
def world(request: Any, cast: Cast, browser: Any) -> World:
    lists: dict[str, tuple[Any, str, Any]] = {
        "project": (cast.library, RULES, AllowlistEntry),
        "group": (cast.acme, GROUP, GroupAllowlistEntry),
    }
    holder, address, model = lists[request.param]
    far = projects.group("out", by=cast.owner)
    sources = [projects.project(name, group=far, by=cast.owner) for name in ("one", "two", "three")]
    terms: Any = {"reason": "Ships it", "owner": cast.owner, "conditions": {"protected_refs": True}}
    granted = {"default_permissions": False, "permissions": ["read_jobs"]}
    full = add_to_list(holder, sources[0], by=cast.owner, terms=terms, **granted)
    lapsed = add_to_list(holder, sources[1], by=cast.owner)
    model.objects.filter(pk=lapsed.pk).update(expires_at="2026-01-01", suspended_at=lapsed.created_at)
    return World(browser(cast.owner), address, holder, model, sources, f"{full.pk},{lapsed.pk}")


CHANGES: list[dict[str, str]] = [
    {"change": "remove"},
    {"change": "suspend"},
    {"change": "end", "expires_at": "2999-01-01"},
    {"change": "permissions", "permissions": "default"},
]


@pytest.mark.parametrize("sent", CHANGES, ids=lambda sent: sent["change"])
def test_what_was_changed_or_removed_is_as_before(world: World, sent: dict[str, str]) -> None:
    before = world.list()
    change = world.change(**sent)
    assert world.list() != before
    assert "Undone: the entries are as they were." in world.undo(change)
    assert world.list() == before
    assert "There is nothing to undo." in world.undo(change)
    assert not BulkChange.objects.exists()


def test_what_was_added_is_removed_right_after_and_the_history_says_so(world: World) -> None:
    before = world.list()
    sent = {"paths": "out/three\nout", "failing": "none", "permissions": "default"}
    shown = text(world.page.post(f"{world.address}/entries/add", sent))
    assert "2 entries were added together" in shown
    (change,) = re.findall(r'name="change" value="(\d+)"', shown)
    assert world.model.objects.count() == 4
    events = AuditEvent.objects.count()
    assert "Undone:" in world.undo(change)
    assert world.list() == before
    assert AuditEvent.objects.count() == events + 2


SINCE: dict[str, Callable[[World], Any]] = {
    "changed": lambda w: w.model.objects.filter(target_project=w.sources[0]).update(reason="Another"),
    "removed": lambda w: w.model.objects.filter(target_project=w.sources[0]).delete(),
}


@pytest.mark.parametrize("since", SINCE.values(), ids=list(SINCE))
def test_nothing_is_undone_where_somebody_changed_an_entry_since(world: World, since: Callable[[World], Any]) -> None:
    change = world.change(change="permissions", permissions="default")
    since(world)
    left = world.list()
    said = world.undo(change)
    assert "Nothing was changed. Somebody has changed these entries since. In the way: out/one." in said
    assert world.list() == left


def test_what_is_on_the_list_again_is_not_added_a_second_time(world: World, cast: Cast) -> None:
    change = world.change(change="remove")
    add_to_list(world.holder, world.sources[1], by=cast.owner)
    assert "Somebody has changed these entries since." in world.undo(change)
    assert world.model.objects.count() == 1


def test_what_is_gone_is_not_back_and_is_counted(world: World) -> None:
    change = world.change(change="remove")
    Project.objects.filter(pk=world.sources[0].pk).update(pending_deletion=True)
    assert "1 entry is not back: what it named is gone." in world.undo(change)
    assert [one["id"] for one in world.list()] == [world.sources[1].pk]


@pytest.mark.parametrize("really", [False, True], ids=["waiting", "gone"])
@pytest.mark.parametrize("sent", CHANGES[1:], ids=lambda sent: sent["change"])
def test_what_else_was_changed_is_undone_where_one_target_is_deleted(
    world: World, sent: dict[str, str], really: bool
) -> None:
    before = world.list()
    change = world.change(**sent)
    if really:
        Project.objects.get(pk=world.sources[0].pk).delete()
    else:
        Project.objects.filter(pk=world.sources[0].pk).update(pending_deletion=True)
    assert "1 entry is not back: what it named is gone." in world.undo(change)
    assert [one for one in world.list() if one["id"] == world.sources[1].pk] == before[1:]


def test_what_was_added_for_a_project_that_is_deleted_since_is_undone(world: World) -> None:
    before = world.list()
    sent = {"paths": "out/three\nout", "failing": "none", "permissions": "default"}
    world.page.post(f"{world.address}/entries/add", sent)
    change = world.last()
    world.sources[2].delete()
    assert "Undone: the entries are as they were." in world.undo(change)
    assert world.list() == before


def test_a_target_that_was_moved_since_is_the_same_one(world: World, cast: Cast) -> None:
    before = world.list()
    change = world.change(change="remove")
    move_project(world.sources[0], group=projects.group("elsewhere", by=cast.owner), by=cast.owner)
    assert "Undone: the entries are as they were." in world.undo(change)
    assert world.list() == before


def test_only_the_last_change_is_undone_and_only_of_that_list(world: World, cast: Cast, browser: Any) -> None:
    first = world.change(change="suspend")
    second = world.change(change="remove")
    assert "There is nothing to undo." in world.undo(first)
    other = world.page.post("/acme/app/-/settings/ci_cd/token_access/entries/undo", {"change": second}, follow=True)
    assert "There is nothing to undo." in text(other)
    assert world.page.post(f"{world.address}/entries/undo", {"change": "x"}).status_code == 400
    assert browser(cast.developer).post(f"{world.address}/entries/undo", {"change": second}).status_code == 403
    assert not world.model.objects.exists()


def test_a_change_that_changes_nothing_leaves_the_last_one_to_be_undone(world: World) -> None:
    first = world.change(change="suspend")
    assert world.change(change="suspend") == first


def test_a_lock_refuses_to_add_again_what_was_removed(cast: Cast, browser: Any) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    page = browser(cast.owner)
    page.post(f"{RULES}/entries/change", {"change": "remove", "entry": str(entry.pk), "confirmed": "1"})
    services.change_group_rule(cast.acme, by=cast.owner, is_locked=True)
    change = BulkChange.objects.get().pk
    refused = text(page.post(f"{RULES}/entries/undo", {"change": change}, follow=True))
    assert "You can&#x27;t change this because group acme locks it." in refused
    assert (AllowlistEntry.objects.count(), BulkChange.objects.count()) == (0, 1)


def test_what_somebody_else_removed_comes_back_only_by_who_sees_and_maintains_it(cast: Cast, browser: Any) -> None:
    secret = projects.project("vault", group=projects.group("far", by=cast.owner, visibility=0), by=cast.owner)
    entry = services.add_entry(cast.library, secret, by=cast.owner)
    sent = {"change": "remove", "entry": str(entry.pk), "confirmed": "1"}
    browser(cast.owner).post(f"{RULES}/entries/change", sent)
    change, me = BulkChange.objects.get().pk, browser(cast.maintainer)
    said = {0: "An entry names a project or group that you cannot see", 30: "You are not a maintainer of far/vault."}
    for role, words in said.items():
        if role:
            projects.members({cast.maintainer: Role(role)}, secret)
        refused = text(me.post(f"{RULES}/entries/undo", {"change": change}, follow=True))
        assert f"Nothing was changed. {words}" in refused
        assert ("vault" in refused, AllowlistEntry.objects.count()) == (bool(role), 0)
