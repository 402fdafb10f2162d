"""The projects that let in the most, for administrators."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.utils import timezone

from identity.models import today
from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.access_world import generate_world
from tokenaccess.access.facts import find_pairs, is_switch_on
from tokenaccess.access.sql.bulk_check import JobOnProject
from tokenaccess.allowlist import services
from tokenaccess.allowlist.display.tables import count_admitted_projects
from tokenaccess.allowlist.group_rules.inherited import InboundMatcher
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry
from tokenaccess.policy.facts import EntryState
from tokenaccess.policy.levels import InboundMode
from tokenaccess.reach.widest_access import find_widest
from tokenaccess.sources.read import complete, read_sources

PAGE = "/-/token_access/widest"


@pytest.fixture
def tools(cast: Cast) -> list[Project]:
    """Three projects in a group, and one below."""
    group = projects.group("tools", by=cast.owner, visibility=0)
    inner = projects.group("inner", parent=group, by=cast.owner, visibility=0)
    return [projects.project(f"t{number}", group=[group, inner][number == 3], by=cast.owner) for number in range(4)]


def test_open_projects_come_first_then_those_that_admit_the_most(cast: Cast, api: Any, tools: list[Project]) -> None:
    services.set_inbound_mode(tools[0], InboundMode.OPEN, by=cast.owner)
    services.set_inbound_mode(tools[1], InboundMode.TRIAL, by=cast.owner)
    AllowlistEntry.objects.create(project=cast.app, target_project=cast.library)
    AllowlistEntry.objects.create(project=cast.library, target_group=tools[0].group)
    AllowlistEntry.objects.create(project=cast.library, target_project=tools[2])
    AllowlistEntry.objects.create(project=tools[3], target_project=cast.app, expires_at=today())
    answer = api(cast.admin).get("/token_access/widest")
    body = answer.json()
    assert [(row["project_path"], row["mode"], row["sources"]) for row in body] == [
        ("tools/t0", "open", 0),
        ("tools/t1", "trial", 0),
        ("acme/library", "enforced", 4),
        ("acme/app", "enforced", 1),
    ]
    assert (body[2]["projects"], body[2]["groups"], body[2]["widest_entry_path"], body[2]["widest_entry_size"]) == (
        1,
        1,
        "tools",
        4,
    )
    assert answer["X-Total"] == "4"
    second = api(cast.admin).get("/token_access/widest?per_page=2&page=2")
    assert [row["project_path"] for row in second.json()] == ["acme/library", "acme/app"]
    beyond = api(cast.admin).get("/token_access/widest?page=9")
    assert (beyond.json(), beyond["X-Total"]) == ([], "4")
    only = api(cast.admin).get("/token_access/widest?mode=trial").json()
    assert [row["project_path"] for row in only] == ["tools/t1"]
    assert api(cast.admin).get("/token_access/widest?mode=x").status_code == 400


def test_the_page_has_a_fix_for_each(
    cast: Cast, browser: Any, tools: list[Project], django_assert_max_num_queries: Any
) -> None:
    services.set_inbound_mode(tools[0], InboundMode.OPEN, by=cast.owner)
    entry = AllowlistEntry.objects.create(project=cast.library, target_group=tools[0].group)
    AllowlistEntry.objects.create(project=cast.app, target_project=cast.library)
    admin = browser(cast.admin)
    admin.get(PAGE)
    with django_assert_max_num_queries(12):
        shown = admin.get(PAGE).content.decode()
    assert "Start a trial" in shown
    assert f"/acme/library/-/settings/ci_cd/token_access/entries/{entry.pk}" in shown
    assert "/acme/app/-/settings/ci_cd/token_access/reach?sort=unused" in shown
    assert PAGE in admin.get("/admin/").content.decode()
    assert "No project lets in another" in admin.get(PAGE, {"mode": "trial"}).content.decode()


def test_a_project_with_inherited_entries_only_is_not_asked_to_review_its_own(
    cast: Cast, browser: Any, tools: list[Project]
) -> None:
    GroupAllowlistEntry.objects.create(group=cast.acme, target_project=tools[0])
    shown = browser(cast.admin).get(PAGE, {"mode": "enforced"}).content.decode()
    assert "See the inherited entries" in shown
    assert "Review what is unused" not in shown


def test_the_list_of_widest_access_is_for_administrators(cast: Cast, api: Any, browser: Any) -> None:
    assert api(cast.owner).get("/token_access/widest").status_code == 403
    assert browser(cast.owner).get(PAGE).status_code in {403, 404}
    assert browser().get(PAGE).status_code in {302, 404}


def test_a_project_whose_own_entry_lapsed_is_not_counted_by_a_wider_one(
    cast: Cast, tools: list[Project], browser: Any
) -> None:
    AllowlistEntry.objects.create(project=cast.library, target_group=tools[0].group)
    AllowlistEntry.objects.create(project=cast.library, target_project=tools[1], expires_at=today())
    AllowlistEntry.objects.create(project=cast.library, target_group=tools[3].group, suspended_at=timezone.now())
    GroupAllowlistEntry.objects.create(group=cast.acme, target_project=tools[3])
    row = next(one for one in find_widest(0, 100).rows if one.path == "acme/library")
    assert (row.sources, row.widest_size) == (2, 2)
    assert count_admitted_projects(cast.library) == 2
    rows = {one.path: one for one in read_sources(cast.library, cast.owner).rows}
    complete(list(rows.values()), cast.library, cast.owner)
    assert (rows["tools"].project_count, rows["tools/inner"].project_count) == (2, 0)


@pytest.mark.parametrize("seed", range(4))
def test_figures_are_those_of_the_lists_over_a_generated_world(db: None, seed: int) -> None:
    generate_world(random.Random(seed))
    found = find_widest(0, 100)
    rows = {row.project_id: row for row in found.rows}
    assert found.total == len(rows)
    for project in Project.objects.alive():
        case = find_pairs([JobOnProject(project.pk, project.pk)])[0]
        assert case is not None
        assert case.facts.target is not None
        mode = case.facts.target.mode.name.lower() if is_switch_on() else "off"
        others = Project.objects.alive().exclude(pk=project.pk)
        matches = InboundMatcher(project).matches(others).values()
        sources = sum(one.entry is not None and one.entry.state_on(today()) is EntryState.ACTIVE for one in matches)
        row = rows.get(project.pk)
        if row is None:
            assert (mode, sources) == ("enforced", 0)
        else:
            assert (row.mode, row.sources) == (mode, sources)
