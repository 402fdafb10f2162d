"""The list of a group as the table of a project: what used it in the projects below, and changes of many entries."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import count, record_authorization, text
from tokenaccess.allowlist import services
from tokenaccess.models import AuthorizationRecord, DailyCount, GroupAllowlistEntry
from tokenaccess.policy.levels import Role
from tokenaccess.sources import log
from tokenaccess.sources.chosen import count_uses, read_chosen
from tokenaccess.sources.read import read_sources
from tokenaccess.sources.rows import SourceRow

PAGE = "/groups/acme/-/settings/token_access"
CHANGE = f"{PAGE}/entries/change"


class World:
    """`acme` lists the project `out/tool` and the group `bots`, in which `bots/one` used both projects of `acme`.
    `out/probe` was refused."""

    def __init__(self, cast: Cast) -> None:
        self.acme, self.reader = cast.acme, cast.owner
        out, self.bots = (projects.group(name, by=cast.owner) for name in ("out", "bots"))
        self.tool, self.probe = (projects.project(name, group=out, by=cast.owner) for name in ("tool", "probe"))
        self.one = projects.project("one", group=self.bots, by=cast.owner)
        self.entry = services.add_group_entry(cast.acme, self.tool, by=cast.owner)
        services.add_group_entry(cast.acme, self.bots, by=cast.owner)
        record_authorization(cast.library, self.tool, days=9)
        record_authorization(cast.app, self.tool, days=2)
        for target in (cast.library, cast.app):
            count(target, self.one, uses=3)
            count(target, self.tool, uses=1, refusals=1, days=29)
        count(cast.library, self.tool, uses=50, days=30)
        count(cast.library, self.probe, refusals=4)
        outside = projects.project("outside", group=out, by=cast.owner)
        count(outside, self.tool, uses=1000)

    def rows(self) -> list[SourceRow]:
        return read_sources(self.acme, self.reader).rows


@pytest.fixture
def world(cast: Cast) -> World:
    return World(cast)


@pytest.fixture
def owner(cast: Cast, browser: Any) -> Client:
    return browser(cast.owner)


def test_uses_and_refusals_are_those_of_all_projects_below(world: World) -> None:
    rows = {row.path: row for row in world.rows()}
    assert {path: (row.match, row.uses, row.refusals) for path, row in rows.items()} == {
        "out/tool": ("own", 2, 2),
        "bots": ("own", 6, 0),
        "bots/one": ("group", 6, 0),
        "out/probe": ("none", 0, 4),
    }
    latest = AuthorizationRecord.objects.get(accessed_project__path="app", origin_project=world.tool)
    assert rows["out/tool"].last_used == latest.last_authorized_at
    chosen = read_chosen(world.acme, [row.entry_id or 0 for row in rows.values()], world.reader)
    assert [row.path for row in chosen] == ["out/tool", "bots"]
    assert count_uses(world.acme, chosen) == 8


def test_the_table_is_searched_filtered_and_sorted(world: World, owner: Client) -> None:
    shown = text(owner.get(PAGE, {"order_by": "uses"}))
    assert shown.index(">bots</a>") < shown.index(">out/tool</a>")
    assert "1 of 200 projects · 1 of 200 groups" in shown
    assert "Admits 1 project of the group today." in shown
    found = text(owner.get(PAGE, {"q": "tool"}))
    assert ("out/tool</a>" in found, "bots</a>" in found) == (True, False)
    assert "out/probe</a>" in text(owner.get(PAGE, {"use": "refused", "entry": "none"}))
    assert "No matching entries." in text(owner.get(PAGE, {"q": "nothing"}))
    wrong = owner.get(PAGE, {"colour": "red"})
    assert (wrong.status_code, "colour is not supported" in text(wrong)) == (400, True)


def test_a_group_below_shows_what_it_inherits_and_what_a_ceiling_leaves(
    world: World, cast: Cast, owner: Client
) -> None:
    inner = projects.group("inner", parent=cast.acme, by=cast.owner)
    services.change_group_rule(cast.acme, by=cast.owner, has_ceiling=True)
    services.add_group_entry(inner, world.probe, by=cast.owner)
    page = PAGE.replace("acme", "acme/inner")
    shown = text(owner.get(page))
    assert shown.count("Inherited from the list of group acme") == 2
    assert "The ceiling of a group above leaves nothing of it." in shown
    assert "Edit" not in text(owner.get(page, {"entry": "inherited"})).partition("<tbody")[2].partition("</tbody>")[0]
    assert "Without effect" not in text(owner.get(PAGE)), "a ceiling is none for the group's own list"


def test_the_files_and_the_api_have_what_the_page_shows(world: World, cast: Cast, owner: Client, api: Any) -> None:
    lines = b"".join(owner.get(f"{PAGE}/sources.csv?entry=own&order_by=path").streaming_content)  # type: ignore[attr-defined]
    bots, tool = csv.DictReader(io.StringIO(lines.decode()))
    assert (bots["path"], bots["uses"], tool["path"], tool["refusals"]) == ("bots", "6", "out/tool", "2")
    found = yaml.safe_load(b"".join(owner.get(f"{PAGE}/sources.yml?q=tool").streaming_content))  # type: ignore[attr-defined]
    assert (found["group"], found["sources"][0]["project"]) == ("acme", "out/tool")
    address = f"/token_access/groups/{cast.acme.pk}/sources"
    (one,) = api(cast.owner).get(f"{address}?search=tool").json()
    assert (one["entry"], one["entry_id"], one["uses"], one["used"]) == ("own", world.entry.pk, 2, [])
    assert api(cast.developer).get(address).status_code == 403
    assert api(cast.outsider).get(address).status_code in {403, 404}


def test_a_maintainer_of_the_group_reads_no_hidden_name(world: World, cast: Cast, secret: Project, api: Any) -> None:
    projects.member(cast.maintainer, cast.acme, Role.MAINTAINER)
    count(cast.library, secret, uses=1)
    rows = api(cast.maintainer).get(f"/token_access/groups/{cast.acme.pk}/sources?entry=none&use=used").json()
    assert [(row["path"], row["id"], row["uses"]) for row in rows] == [(None, None, 1)]


def test_paths_are_pasted_and_each_line_is_answered(world: World, owner: Client) -> None:
    assert "Add several projects and groups" in text(owner.get(f"{PAGE}/entries/add"))
    sent = {"paths": "out\nout/tool\nout/none", "failing": "rest", "permissions": "chosen", "p-jobs": "read_jobs"}
    shown = text(owner.post(f"{PAGE}/entries/add", sent))
    assert "1 entry added." in shown
    assert "On the list already</span>" in shown
    assert "There is no project or group out/none that you can see." in shown
    assert GroupAllowlistEntry.objects.get(target_group__path="out").permissions == ["read_jobs"]
    kept = owner.post(f"{PAGE}/entries/add", {**sent, "paths": "out/probe\nout/none", "failing": "none"})
    assert (kept.status_code, GroupAllowlistEntry.objects.count()) == (422, 3)


def test_chosen_entries_are_changed_and_removed_after_a_question_with_numbers(world: World, owner: Client) -> None:
    ids = ",".join(str(pk) for pk in GroupAllowlistEntry.objects.values_list("pk", flat=True))
    sent = {"change": "permissions", "entry": ids, "permissions": "chosen", "p-jobs": "read_jobs"}
    asked = text(owner.post(CHANGE, sent))
    assert "Change the permissions of 2 entries?" in asked
    assert "<dt>8</dt><dd><strong>uses of these entries</strong> in the last 30 days." in asked
    assert "2 entries changed." in text(owner.post(CHANGE, {**sent, "confirmed": "1"}, follow=True))
    assert [entry.permissions for entry in GroupAllowlistEntry.objects.all()] == [["read_jobs"]] * 2
    owner.post(CHANGE, {"change": "end", "entry": ids, "expires_at": "2999-01-01", "confirmed": "1"})
    owner.post(CHANGE, {"change": "suspend", "entry": ids, "confirmed": "1"})
    assert GroupAllowlistEntry.objects.filter(expires_at="2999-01-01").exclude(suspended_at=None).count() == 2
    gone = text(owner.post(CHANGE, {"change": "remove", "entry": ids, "confirmed": "1"}, follow=True))
    assert "2 entries removed." in gone
    assert not GroupAllowlistEntry.objects.exists()


def test_changes_of_many_are_for_maintainers_of_the_group(world: World, cast: Cast, browser: Any) -> None:
    sent = {"change": "remove", "entry": str(world.entry.pk), "confirmed": "1"}
    assert browser(cast.maintainer).post(CHANGE, sent).status_code == 403
    assert browser(cast.maintainer).get(f"{PAGE}/sources.csv").status_code == 403
    assert GroupAllowlistEntry.objects.count() == 2


def test_many_projects_below_and_a_long_log_take_as_many_statements_as_few(
    world: World, cast: Cast, owner: Client
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert owner.get(PAGE, {"order_by": "uses"}).status_code == 200
        return len(seen)

    owner.get(PAGE)
    few = statements()
    below, sources = (
        Project.objects.bulk_create(
            Project(group=group, name=name, path=name, full_path=f"{group.full_path}/{name}", visibility=1)
            for name in (f"svc-{number}" for number in range(50))
        )
        for group in (cast.acme, world.bots)
    )
    now = timezone.now()
    pairs = [{"accessed_project": target, "origin_project": source} for target in below for source in sources]
    AuthorizationRecord.objects.bulk_create(AuthorizationRecord(**pair, last_authorized_at=now) for pair in pairs)
    DailyCount.objects.bulk_create(DailyCount(**pair, day=now.date(), uses=1) for pair in pairs)
    assert statements() <= few <= 32
    bots = next(row for row in world.rows() if row.path == "bots")
    assert (bots.uses, bots.recent_sources) == (6 + 2500, 50)


def test_a_long_log_is_cut_but_no_figure_of_what_is_listed(
    world: World, cast: Cast, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MAX_GROUP_SOURCES", 1)
    services.change_instance_settings(by=cast.admin, unused_entry_days=5)
    GroupAllowlistEntry.objects.update(created_at=timezone.now() - timedelta(days=50))
    record_authorization(cast.app, world.one, days=0)
    rows = {row.path: row for row in world.rows()}
    assert {path: (row.uses, row.refusals) for path, row in rows.items()} == {
        "out/tool": (2, 2),
        "bots": (6, 0),
        "bots/one": (6, 0),
        "out/probe": (0, 4),
    }
    assert rows["out/tool"].last_used is not None, "it is listed, though not the one used last"
    assert {path: row.state_name for path, row in rows.items() if row.entry} == {"out/tool": "active", "bots": "active"}
    assert "only the 1 projects used last" in text(owner.get(PAGE))
    AuthorizationRecord.objects.filter(origin_project=world.tool).update(
        last_authorized_at=timezone.now() - timedelta(days=9)
    )
    assert next(row for row in world.rows() if row.path == "out/tool").is_fading
