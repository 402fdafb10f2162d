"""Both directions: whom a project admits, and who admits it, as a page, as CSV and by REST."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from identity.models import User
from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.access_world import generate_world
from tokenaccess.access.facts import find_pairs
from tokenaccess.access.sql.bulk_check import JobOnProject
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, TokenAccessSettings
from tokenaccess.policy.levels import InboundMode, Role
from tokenaccess.reach.directions import Cover, Reach, ReachDirection, admission

PAGE = "/acme/library/-/settings/ci_cd/token_access/reach"


def rows(api: Any, project: Project, **query: Any) -> Any:
    answer = api.get(f"/token_access/projects/{project.pk}/reach?{urlencode(query)}")
    assert answer.status_code == 200, answer.content
    return answer


def test_reach_names_the_entry_of_each_direction(cast: Cast, api: Any) -> None:
    me = api(cast.maintainer)
    services.add_entry(cast.library, cast.app, by=cast.owner, default_permissions=False, permissions=["read_packages"])
    AuthorizationRecord.objects.create(
        accessed_project=cast.library, origin_project=cast.app, last_authorized_at=timezone.now()
    )
    body = rows(me, cast.library).json()
    assert [(row["project_path"], row["through"], row["permissions"], row["admitted"]) for row in body] == [
        ("acme/app", "project", ["read_packages"], True)
    ]
    assert body[0]["last_used_at"]
    there = rows(me, cast.app, direction="outbound").json()
    assert [(row["project_path"], row["entry_path"]) for row in there] == [("acme/library", "acme/app")]
    assert there[0]["last_used_at"] == body[0]["last_used_at"]
    assert rows(me, cast.app).json() == []


def test_a_group_s_entry_is_all_the_projects_below_it(cast: Cast, api: Any) -> None:
    group = projects.group("tools", visibility=20)
    for number in range(3):
        projects.project(f"t{number}", group=group, visibility=20)
    AllowlistEntry.objects.create(project=cast.library, target_group=group)
    found = rows(api(cast.maintainer), cast.library, sort="desc", per_page=2)
    assert [(row["project_path"], row["through"], row["entry_path"]) for row in found.json()] == [
        ("tools/t2", "group", "tools"),
        ("tools/t1", "group", "tools"),
    ]
    assert (found["X-Total"], found["X-Hidden-Total"]) == ("3", "0")
    searched = rows(api(cast.maintainer), cast.library, search="T0")
    assert [row["project_path"] for row in searched.json()] == ["tools/t0"]
    assert "X-Hidden-Total" not in searched


def test_what_the_reader_may_not_see_is_counted_and_not_named(
    cast: Cast, api: Any, page: Client, secret: Project
) -> None:
    AllowlistEntry.objects.create(project=cast.library, target_project=secret)
    AllowlistEntry.objects.create(project=secret, target_project=cast.library)
    for direction in ReachDirection:
        found = rows(api(cast.maintainer), cast.library, direction=direction)
        assert (found.json(), found["X-Hidden-Total"]) == ([], "1")
        assert rows(api(cast.maintainer), cast.library, direction=direction, search="secret").json() == []
        shown = page.get(PAGE, {"direction": direction}).content.decode()
        assert "1 more project that you cannot see" in shown
        assert "far/secret" not in shown
        assert page.get(f"{PAGE}.csv", {"direction": direction}).content.decode().endswith("1 project you cannot see\n")


def test_an_entry_that_does_not_admit_says_why(cast: Cast, api: Any) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    TokenAccessSettings.objects.update_or_create(project=cast.app, defaults={"limits_outbound": True})
    row = rows(api(cast.maintainer), cast.library).json()[0]
    assert (row["admitted"], "limits outbound" in row["refusal"]) == (False, True)


def test_an_open_project_admits_whoever_asks(cast: Cast, api: Any, page: Client) -> None:
    services.set_inbound_mode(cast.library, InboundMode.OPEN, by=cast.owner)
    row = rows(api(cast.maintainer), cast.app, direction="outbound").json()[0]
    assert (row["project_path"], row["through"], row["permissions"]) == ("acme/library", "open", None)
    assert "jobs of every project are admitted" in page.get(PAGE).content.decode()


def test_the_page_searches_sorts_and_downloads(cast: Cast, page: Client, django_assert_max_num_queries: Any) -> None:
    group = projects.group("tools", visibility=20)
    for number in range(25):
        projects.project(f"t{number:02}", group=group, visibility=20)
    AllowlistEntry.objects.create(project=cast.library, target_group=group)
    page.get(PAGE)
    with django_assert_max_num_queries(20):
        shown = page.get(PAGE, {"sort": "-path"}).content.decode()
    assert "tools/t24" in shown.replace("<wbr>", "")
    assert "tools/t04" not in shown.replace("<wbr>", "")
    lines = page.get(f"{PAGE}.csv", {"q": "t0"}).content.decode().splitlines()
    assert lines[1] == "tools/t00,group,tools,role of the user,yes,"
    assert len(lines) == 11


def test_the_reach_is_for_maintainers_and_its_errors_name_what_is_wrong(cast: Cast, api: Any, browser: Any) -> None:
    assert api(cast.developer).get(f"/token_access/projects/{cast.library.pk}/reach").status_code == 403
    assert api(cast.outsider).get(f"/token_access/projects/{cast.library.pk}/reach").status_code == 404
    assert browser(cast.developer).get(PAGE).status_code in {403, 404}
    for wrong in ({"direction": "up"}, {"order_by": "age"}, {"sort": "x"}, {"other": 1}):
        answer = api(cast.maintainer).get(f"/token_access/projects/{cast.library.pk}/reach?{urlencode(wrong)}")
        assert (answer.status_code, next(iter(wrong)) in answer.json()["error"]) == (400, True)


@pytest.mark.parametrize("seed", range(3))
def test_rows_are_what_the_decision_admits_over_a_generated_world(db: None, seed: int) -> None:
    generate_world(random.Random(seed))
    admin = User.objects.get(username="u2")
    alive = list(Project.objects.alive())
    for project in alive:
        others = [one for one in alive if one != project]
        for direction in ReachDirection:
            found = Reach(project, admin, direction)
            said = {row.project.pk: row for row in found.rows(list(found.projects()))}
            pairs = [
                JobOnProject(project.pk, other.pk, admin.pk)
                if direction is ReachDirection.INBOUND
                else JobOnProject(other.pk, project.pk, admin.pk)
                for other in others
            ]
            for other, one in zip(others, find_pairs(pairs), strict=True):
                assert one is not None
                ok = admission(one.job, one.facts).ok
                assert one.facts.target is not None
                open_ = one.facts.target.mode is not InboundMode.ENFORCED or not one.facts.switch_on
                if other.pk in said:
                    assert said[other.pk].admitted is ok
                    assert (said[other.pk].cover is Cover.NONE) <= (not ok)
                else:
                    assert not ok or open_


def test_on_trial_a_row_says_what_its_entry_would_grant(cast: Cast, api: Any, page: Client) -> None:
    narrow, main = (projects.project(name, group=cast.acme, by=cast.owner) for name in ("narrow", "main"))
    projects.members({cast.maintainer: Role.REPORTER}, narrow, main)
    services.set_inbound_mode(cast.library, InboundMode.TRIAL, by=cast.owner)
    services.add_entry(cast.library, narrow, by=cast.owner, default_permissions=False, permissions=["read_jobs"])
    AllowlistEntry.objects.create(project=cast.library, target_project=main, conditions={"protected_refs": True})
    rows = api(cast.maintainer).get(f"/token_access/projects/{cast.library.pk}/reach?direction=inbound").json()
    by_path = {row["project_path"]: row for row in rows}
    names = ("permissions", "mode", "admitted", "trial", "is_conditional")
    assert [by_path["acme/narrow"][name] for name in names] == [["read_jobs"], "trial", True, "", False]
    assert [by_path["acme/main"][name] for name in names] == [None, "trial", True, "", True]
    assert "On trial" in page.get(PAGE).content.decode()
    exported = page.get(f"{PAGE}.csv").content.decode()
    assert "acme/narrow,project,acme/narrow,read_jobs,on trial," in exported
    assert 'acme/main,project,acme/main,role of the user,"on trial, jobs that meet its conditions",' in exported


def test_a_ceiling_that_leaves_nothing_leaves_no_permissions(cast: Cast, api: Any) -> None:
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app)
    services.change_group_rule(cast.acme, by=cast.owner, has_ceiling=True)
    address = f"/token_access/projects/{cast.library.pk}/reach?direction=inbound"
    (row,) = api(cast.maintainer).get(address).json()
    assert (row["permissions"], row["admitted"], row["mode"]) == ([], False, "enforced")
    services.set_inbound_mode(cast.library, InboundMode.TRIAL, by=cast.owner)
    (row,) = api(cast.maintainer).get(address).json()
    assert (row["permissions"], row["admitted"]) == ([], True)
    assert "does not allow an entry" in row["trial"]
