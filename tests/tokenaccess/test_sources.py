"""The table of what may access a project and what tried: what its rows say, and how they are chosen and ordered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import RULES, count, record_authorization, text
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, DailyCount, GroupAllowlistEntry, GroupRule
from tokenaccess.policy.levels import Role
from tokenaccess.sources.chart import read_chart
from tokenaccess.sources.chosen import count_uses, read_chosen
from tokenaccess.sources.query import ORDERS, SourceQuery
from tokenaccess.sources.read import complete, read_sources
from tokenaccess.sources.rows import SourceRow


class World:
    """`acme/library` lists `acme/app` and the group `tools`, in which `tools/bot` used it. `acme/cron` used it without
    an entry, `acme/probe` was refused."""

    def __init__(self, cast: Cast) -> None:
        self.library, self.app, self.reader = cast.library, cast.app, cast.maintainer
        self.tools = projects.group("tools", by=cast.owner)
        self.bot = projects.project("bot", group=self.tools, by=cast.owner)
        self.idle = projects.project("idle", group=self.tools, by=cast.owner)
        self.cron = projects.project("cron", group=cast.acme, by=cast.owner)
        self.probe = projects.project("probe", group=cast.acme, by=cast.owner)
        for project in (self.bot, self.idle, self.cron, self.probe):
            projects.member(cast.maintainer, project, Role.MAINTAINER)
        projects.member(cast.maintainer, self.tools, Role.MAINTAINER)
        services.add_entry(
            self.library, self.app, by=self.reader, default_permissions=False, permissions=["read_packages"]
        )
        services.add_entry(self.library, self.tools, by=self.reader)
        AllowlistEntry.objects.filter(target_project=self.app).update(expires_at="2999-01-01", reason="Ships it")
        record_authorization(self.library, self.app, days=2)
        record_authorization(self.library, self.bot, days=40)
        record_authorization(self.library, self.cron, days=1)
        count(self.library, self.app, uses=5, refusals=1, days=2)
        count(self.library, self.app, uses=90, days=31)
        count(self.library, self.bot, uses=2, days=29)
        count(self.library, self.cron, uses=7)
        count(self.library, self.probe, refusals=3)

    def rows(self, **query: Any) -> list[SourceRow]:
        rows = SourceQuery(**query).apply(read_sources(self.library, self.reader).rows)
        complete(rows, self.library, self.reader)
        return rows

    def paths(self, **query: Any) -> str:
        return " ".join(row.path.rpartition("/")[2] for row in self.rows(**query))


@pytest.fixture
def world(cast: Cast) -> World:
    return World(cast)


def test_entries_come_first_and_then_who_came_without_one(world: World) -> None:
    rows = world.rows()
    assert [(row.path, row.match, row.uses, row.refusals) for row in rows] == [
        ("acme/app", "own", 5, 1),
        ("tools", "own", 2, 0),
        ("tools/bot", "group", 2, 0),
        ("acme/cron", "none", 7, 0),
        ("acme/probe", "none", 0, 3),
    ]
    group = rows[1]
    assert (group.project_count, group.recent_sources) == (2, 1)
    assert group.last_used == rows[2].last_used
    assert rows[2].through_path == "tools"
    assert [row.can_add for row in rows] == [False, False, True, True, True]


def test_an_own_entry_takes_its_uses_from_the_group(world: World) -> None:
    services.add_entry(world.library, world.bot, by=world.reader)
    group = next(row for row in world.rows() if row.kind == "group")
    assert (group.uses, group.recent_sources, group.last_used) == (0, 0, None)


def test_an_entry_that_lapsed_says_so_and_covers_nobody(world: World, page: Client) -> None:
    AllowlistEntry.objects.filter(target_group=world.tools).update(expires_at="2026-01-01")
    assert world.paths(state="expired") == "tools"
    assert world.paths(entry="none") == "cron probe bot"
    assert next(row for row in world.rows() if row.kind == "group").uses == 2
    assert "Expired</span>" in text(page.get(RULES, {"kind": "group"}))


def test_an_entry_that_nobody_uses_fades(world: World, page: Client, cast: Cast) -> None:
    old = timezone.now() - timedelta(days=100)
    AllowlistEntry.objects.update(created_at=old)
    services.change_instance_settings(by=cast.admin, unused_entry_days=30)
    assert world.paths(state="fading") == "tools"
    assert "Fading: unused for 40 days" in text(page.get(RULES, {"state": "fading"}))
    services.add_entry(world.library, world.bot, by=world.reader)
    record_authorization(world.library, world.idle, days=3)
    assert world.paths(state="fading") == ""
    services.change_instance_settings(by=cast.admin, unused_entry_days=1)
    assert world.paths(state="active") == "bot"


def test_inherited_entries_are_rows_that_are_changed_in_their_group(world: World, page: Client, cast: Cast) -> None:
    GroupRule.objects.create(group=cast.acme)
    GroupAllowlistEntry.objects.create(group=cast.acme, target_project=world.cron, added_by=cast.owner)
    far = projects.group("far", by=cast.owner)
    came = projects.project("came", group=far, by=cast.owner)
    projects.member(cast.maintainer, came, Role.GUEST)
    GroupAllowlistEntry.objects.create(group=cast.acme, target_group=far)
    count(world.library, came, uses=3)
    found = [(row.path, row.match, row.uses, row.inherited_from) for row in world.rows()]
    assert found[2:5] == [
        ("acme/cron", "inherited", 7, "acme"),
        ("far", "inherited", 3, "acme"),
        ("far/came", "group", 3, ""),
    ]
    shown = text(page.get(RULES, {"entry": "inherited"}))
    assert "Inherited from the list of group acme" in shown
    assert "Edit" not in shown.partition("<tbody")[2].partition("</tbody>")[0]


def test_a_use_is_shown_with_the_entry_that_admitted_it_and_not_with_an_inherited_one(
    world: World, page: Client, cast: Cast
) -> None:
    GroupRule.objects.create(group=cast.acme)
    GroupAllowlistEntry.objects.create(group=cast.acme, target_project=world.bot)
    services.add_entry(world.library, world.bot, by=world.reader)
    rows = [row for row in world.rows() if row.id == world.bot.pk]
    complete(rows, world.library, cast.admin)
    uses = {row.match: (row.last_used is not None, bool(row.used_for)) for row in rows}
    assert uses == {"own": (True, True), "inherited": (False, False)}
    inherited = page.get(RULES, {"entry": "inherited"}).content.decode()
    assert "<td><br>" not in inherited.replace(" ", "").replace("\n", "")


def test_what_came_long_ago_without_an_entry_is_left_out(world: World, cast: Cast) -> None:
    old = projects.project("old", group=cast.acme, by=cast.owner)
    record_authorization(world.library, old, days=91)
    count(world.library, old, uses=3, days=91)
    assert "old" not in world.paths()


CHOICES: list[tuple[dict[str, str], str]] = [
    ({"search": "BO"}, "bot"),
    ({"search": "maint"}, "app tools"),
    ({"kind": "group"}, "tools"),
    ({"entry": "own"}, "app tools"),
    ({"entry": "group"}, "bot"),
    ({"entry": "none"}, "cron probe"),
    ({"use": "used"}, "app tools bot cron"),
    ({"use": "unused"}, "probe"),
    ({"use": "never"}, "probe"),
    ({"use": "refused"}, "app probe"),
    ({"use": "refused", "entry": "none"}, "probe"),
    ({"search": "100%"}, ""),
    ({"search": "SHIPS"}, "app"),
    ({"state": "active"}, "app tools"),
    ({"state": "expired"}, ""),
]
# Of each column: ascending, descending.
IN_ORDER = {
    "list": ("app tools bot cron probe", "cron probe bot app tools"),
    "path": ("app cron probe tools bot", "bot tools probe cron app"),
    "kind": ("tools app cron probe bot", "app cron probe bot tools"),
    "permissions": ("app tools cron probe bot", "tools app cron probe bot"),
    "added": ("app tools cron probe bot", "tools app cron probe bot"),
    "expires": ("app cron probe tools bot", "app cron probe tools bot"),
    "last_used": ("tools bot app cron probe", "cron app tools bot probe"),
    "uses": ("probe tools bot app cron", "cron app tools bot probe"),
    "refusals": ("cron tools bot app probe", "probe app cron tools bot"),
}


def test_rows_are_chosen_and_ordered_by_every_column(world: World) -> None:
    assert [(query, world.paths(**query)) for query, _ in CHOICES] == CHOICES
    found = {by: tuple(world.paths(order_by=by, sort=sort) for sort in ("asc", "desc")) for by in ORDERS}
    assert found == IN_ORDER


def test_a_hidden_source_has_no_name_and_no_place_among_names(world: World, cast: Cast, secret: Project) -> None:
    record_authorization(world.library, secret)
    services.add_entry(world.library, secret.group, by=cast.admin)
    for query in ({"order_by": "path"}, {"order_by": "path", "sort": "desc"}):
        assert [row.path for row in world.rows(**query)][-2:] == ["", ""]
    assert world.paths(search="secret") == ""
    source = next(row for row in world.rows() if not row.path and row.kind == "project")
    assert (source.through_path, source.can_add) == ("", False)


def test_a_project_in_deletion_is_not_listed(world: World) -> None:
    Project.objects.filter(pk__in=[world.app.pk, world.cron.pk, world.probe.pk]).update(pending_deletion=True)
    assert world.paths() == "tools bot"


# ---- the page --------------------------------------------------------------------------------------------------------


def test_the_page_shows_filters_and_sorts_them(world: World, page: Client) -> None:
    shown = text(page.get(RULES))
    assert "1 of them used this entry in the last 90 days." in shown
    assert "By the entry of group tools" in shown
    assert 'aria-label="Allowlist"' in shown
    shown = text(page.get(RULES, {"q": "", "kind": "", "use": "used", "order_by": "uses"}))
    assert shown.index("acme/cron</a>") < shown.index("acme/app</a>")
    assert "acme/probe</a>" not in shown
    assert 'aria-sort="descending"><a href="?q=&amp;kind=&amp;use=used&amp;order_by=uses&amp;sort=asc">Uses' in shown
    assert "No matching entries." in text(page.get(RULES, {"q": "nothing"}))


def test_a_source_without_an_entry_is_added_with_one_button(world: World, page: Client, cast: Cast) -> None:
    shown = text(page.get(RULES, {"entry": "none"}))
    assert shown.count("Add <span") or shown.count('visually-hidden"> acme/probe')
    page.post(f"{RULES}/add", {"path": "acme/probe", "permissions": "default"})
    assert AllowlistEntry.objects.filter(target_project=world.probe).exists()


def test_a_parameter_that_is_not_one_is_named(cast: Cast, page: Client) -> None:
    for address, error in (
        ("?kind=user", "kind does not have a valid value"),
        ("?order_by=size&sort=up", "sort does not have a valid value: asc, desc"),
        ("?color=red", "color is not supported"),
        ("?search=app", "search is not supported"),
        ("?q=" + "x" * 256, "q is invalid"),
    ):
        answer = page.get(RULES + address)
        assert (answer.status_code, error in text(answer)) == (400, True), address


def test_two_hundred_entries_and_a_long_log_take_as_many_statements_as_few(world: World, page: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert page.get(RULES, {"order_by": "uses"}).status_code == 200
        return len(seen)

    page.get(RULES)
    few = statements()
    names = [f"svc-{number}" for number in range(198)]
    made = Project.objects.bulk_create(
        Project(group=world.tools, name=name, path=name, full_path=f"tools/{name}", visibility=1) for name in names
    )
    people: dict[str, Any] = {"added_by": world.reader, "owner": world.reader}
    AllowlistEntry.objects.bulk_create(
        AllowlistEntry(project=world.library, target_project=one, **people) for one in made
    )
    AuthorizationRecord.objects.bulk_create(
        AuthorizationRecord(accessed_project=world.library, origin_project=one, last_authorized_at=timezone.now())
        for one in made
    )
    DailyCount.objects.bulk_create(
        DailyCount(accessed_project=world.library, origin_project=one, day=timezone.now().date(), uses=1)
        for one in made
    )
    assert world.library.allowlist.count() == 200
    assert statements() == few <= 46


def test_reading_takes_a_fixed_number_of_statements(world: World, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(10):
        rows = read_sources(world.library, world.reader).rows
    with django_assert_num_queries(6):
        complete(rows, world.library, world.reader)


def test_chosen_entries_are_read_as_the_whole_table_has_them(
    world: World, cast: Cast, secret: Project, django_assert_max_num_queries: Any
) -> None:
    inner = projects.group("inner", parent=world.tools, by=cast.owner)
    deep, leaving = (projects.project(name, group=inner, by=cast.owner) for name in ("deep", "leaving"))
    for uses, source in enumerate((deep, leaving, secret, world.idle), start=10):
        count(world.library, source, uses=uses)
    Project.objects.filter(pk=leaving.pk).update(pending_deletion=True)
    for target in (inner, world.bot, secret):
        services.add_entry(world.library, target, by=None)
    elsewhere = services.add_entry(cast.app, world.cron, by=None)
    table = [row for row in read_sources(world.library, world.reader).rows if row.match == "own"]
    assert [row.uses for row in table] == [5, 13, 10, 2, 12]
    for row in table:
        with django_assert_max_num_queries(6):
            (chosen,) = read_chosen(world.library, [row.entry_id or 0, elsewhere.pk], world.reader)
            assert count_uses(world.library, [chosen]) == row.uses
        assert (chosen.kind, chosen.id, chosen.path, chosen.entry) == (row.kind, row.id, row.path, row.entry)
    every = read_chosen(world.library, [row.entry_id or 0 for row in table], world.reader)
    assert (len(every), count_uses(world.library, every)) == (5, 42)


def test_a_long_list_of_permissions_is_folded(world: World, page: Client) -> None:
    granted = ["read_packages", "read_repositories", "read_environments", "read_releases", "read_pipelines"]
    AllowlistEntry.objects.filter(target_project=world.app).update(permissions=granted)
    assert "2 more</summary>" in text(page.get(RULES))


def test_the_chart_has_a_bar_for_each_day_and_its_figures_as_a_table(world: World, page: Client) -> None:
    chart = read_chart(world.library)
    assert (len(chart.days), chart.uses, chart.refusals) == (90, 104, 4)
    assert [(bar.x, bar.y, bar.height) for bar in chart.use_bars] == [
        (58 * 8, 0, 72), (60 * 8, 70, 2), (87 * 8, 68, 4), (89 * 8, 67, 5)
    ]  # fmt: skip
    assert [(bar.x, bar.height) for bar in chart.refusal_bars] == [(87 * 8, 12), (89 * 8, 36)]
    assert [(week.uses, week.refusals) for week in chart.weeks][:5] == [(12, 4), (0, 0), (0, 0), (0, 0), (92, 0)]
    assert sum(week.uses for week in chart.weeks) == chart.uses
    shown = text(page.get(RULES))
    assert "104 requests of other projects' jobs admitted" in shown
    assert "Most on one day: uses 90, refusals 3." in shown
    assert 'class="chart-refusals" d="M696 73h6v12h-6zM712 73h6v36h-6z"' in shown
    assert 'data-label="Uses" class="num">92</td>' in shown
    assert "No job of another project was admitted or refused" in text(page.get("/acme/app/-/settings/ci_cd"))
