"""Buttons of findings: everybody sees those that the server obeys, each finding leads to its page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from identity.models import today
from jobs.models import Runner, Schedule
from jobs.runners.types import RunnerType
from projects.models import Project
from tests.factories import people, projects, runners
from tests.factories.cast import Cast
from tests.support.posture import (
    WORLDS,
    endless_access_token,
    endless_deploy_token,
    findings,
    owner_across_borders,
    powerful_schedule,
    runner_across_worlds,
    shared_shell,
    wide_group_list_entry,
)
from tests.support.token_access import RULES, text
from tokenaccess.models import AcceptedFinding
from tokenaccess.policy.levels import FeatureLevel, Role
from tokenaccess.posture.report import Report
from tokenaccess.posture.scope import Scope
from tokens.services.access_tokens import create_access_token

PAGES = {"maintainer": f"{RULES}/posture", "owner": "/groups/acme/-/posture", "admin": "/-/posture"}
SERVES_OTHERS = "It also serves projects that you do not maintain"


@pytest.mark.parametrize("who", PAGES)
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_every_button_shown_does_what_it_says(
    cast: Cast, browser: Any, world: Callable[[Cast], None], who: str
) -> None:
    world(cast)
    name, page, address = world.__name__, browser(getattr(cast, who)), PAGES[who]
    shown = page.get(f"{address}?check={name}").content.decode()
    mended = re.findall(rf'name="check" value="{name}">\s*<input[^>]*name="subject" value="(\d+)"', shown)
    acceptable = re.findall(rf"accept\?check={name}&amp;subject=(\d+)", shown)
    assert mended == acceptable
    for subject in mended[:1]:  # of two schedules of one owner the first mends the other
        key = {"check": name, "subject": subject}
        assert page.get(f"{address}/accept", key).status_code == 200
        assert page.post(f"{address}/fix", key).status_code == 200
        assert "Done: " in text(page.post(f"{address}/fix", {**key, "confirmed": "1"}, follow=True))
        assert (name, int(subject)) not in {(one.check.name, one.subject_id) for one in Report(Scope(None), None)}
        again = text(page.post(f"{address}/fix", key, follow=True))
        assert "Nothing was changed: It is no finding any more" in again


@pytest.mark.parametrize("who", PAGES)
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_every_finding_leads_to_a_page_that_its_reader_may_open(
    cast: Cast, browser: Any, world: Callable[[Cast], None], who: str
) -> None:
    world(cast)
    target = {"maintainer": cast.library, "owner": cast.acme, "admin": None}[who]
    for one in Report(Scope(target), getattr(cast, who)):
        assert one.url or one.check.name in {"limits_switched_off", "registration_tokens"}
        if one.url:
            assert browser(getattr(cast, who)).get(one.url, follow=True).status_code == 200, one


def test_who_maintains_one_project_of_a_runner_reads_why_there_is_no_button(cast: Cast, browser: Any, api: Any) -> None:
    runner_across_worlds(cast)
    runner = Runner.objects.get()
    page, key = browser(cast.maintainer), {"check": "runner_across_worlds", "subject": runner.pk}
    shown = text(page.get(PAGES["maintainer"]))
    assert SERVES_OTHERS in shown
    assert "Pause the runner" not in shown
    assert f"/acme/library/-/settings/ci_cd/runners/{runner.pk}" in shown
    for answer in (
        page.post(f"{PAGES['maintainer']}/fix", key, follow=True),
        page.get(f"{PAGES['maintainer']}/accept", key, follow=True),
    ):
        assert f"Nothing was changed: {SERVES_OTHERS}" in text(answer)
    path = f"/token_access/projects/{cast.library.pk}/posture"
    assert [row["may_change"] for row in api(cast.maintainer).get(path).json()] == [False, False]
    assert [row["may_change"] for row in api(cast.owner).get(path).json()] == [True, True]
    assert (Runner.objects.get().paused, AcceptedFinding.objects.count()) == (False, 0)


@pytest.mark.parametrize("world", [endless_access_token, endless_deploy_token])
def test_an_access_token_reads_that_it_takes_no_token_away(cast: Cast, api: Any, world: Callable[[Cast], None]) -> None:
    world(cast)
    end, path = today() + timedelta(days=9), f"/token_access/projects/{cast.library.pk}/posture"
    _token, plain = create_access_token(
        cast.library, by=cast.owner, by_role=Role.OWNER, name="bot", scopes=["api"], expires_at=end
    )
    [row] = api(token=plain).get(path).json()
    assert row["may_change"] is False
    key = {"check": row["check"], "subject_id": row["subject_id"]}
    assert api(token=plain).post(f"{path}/fixes", key).status_code == 403
    assert api(cast.maintainer).get(path).json()[0]["may_change"] is True


def test_a_runner_is_named_with_what_it_is_of(cast: Cast) -> None:
    shared_shell(cast)
    runner = Runner.objects.get()
    assert findings(cast.library)["shared_shell"] == [f"Runner #{runner.pk}, of acme/library and 1 other project"]
    runner.projects.remove(cast.app)
    assert findings(None)["endless_runner_token"] == [f"Runner #{runner.pk}, of acme/library"]
    runner.projects.clear()
    assert findings(None)["endless_runner_token"] == [f"Runner #{runner.pk}, of no project"]
    Runner.objects.update(runner_type=RunnerType.INSTANCE)
    assert findings(None)["endless_runner_token"] == [f"Runner #{runner.pk}, for all projects"]
    Runner.objects.update(runner_type=RunnerType.GROUP, group=cast.acme, description="big")
    assert findings(cast.acme)["endless_runner_token"] == [f"Runner #{runner.pk} big, of group acme"]


def test_a_runner_names_no_project_outside_the_scope(cast: Cast) -> None:
    runners.runner(cast.library)
    hidden = projects.project("x", group=projects.group("far", by=cast.owner), by=cast.owner)
    Runner.objects.get().projects.add(hidden)
    assert "far/x" not in str(findings(cast.library))


def test_a_schedule_that_starts_nothing_is_no_finding(cast: Cast) -> None:
    powerful_schedule(cast)
    owner_across_borders(cast)
    assert {"powerful_schedule", "owner_across_borders"} <= findings(cast.library).keys()
    assert Schedule.objects.filter(active=True).exists()
    Project.objects.filter(pk=cast.library.pk).update(archived=True)
    assert findings(cast.library).keys() == set()
    Project.objects.filter(pk=cast.library.pk).update(archived=False, builds_access_level=FeatureLevel.DISABLED)
    assert findings(cast.library).keys() == set()


def test_of_a_list_further_up_a_group_leads_to_its_own_page(cast: Cast, browser: Any) -> None:
    inner, head = projects.group("inner", parent=cast.acme), people.person("head")
    projects.member(head, inner, Role.OWNER)
    wide_group_list_entry(cast)
    shown = browser(head).get("/groups/acme/inner/-/posture").content.decode()
    assert "Set by a group above" in shown
    assert 'href="/groups/acme/inner/-/settings/token_access"' in shown.partition("findings-title")[2]


def test_after_a_button_the_page_has_the_filters_of_before(cast: Cast, browser: Any) -> None:
    shared_shell(cast)
    page, address, pk = browser(cast.owner), PAGES["owner"], Runner.objects.get().pk
    shown = page.get(f"{address}?severity=low&check=shared_shell&page=1").content.decode()
    assert f"accept?check=shared_shell&amp;subject={pk}&amp;query=severity%3Dlow%26check%3Dshared_shell" in shown
    key = {"check": "shared_shell", "subject": str(pk), "query": "severity=low&check=shared_shell&page=1"}
    assert 'name="query" value="severity=low&amp;check=shared_shell&amp;page=1"' in shown
    form = page.get(f"{address}/accept", key).content.decode()
    assert f'href="{address}?severity=low&amp;check=shared_shell&amp;page=1"' in form
    done = page.post(f"{address}/fix", {**key, "confirmed": "1"})
    assert done["Location"] == f"{address}?severity=low&check=shared_shell&page=1"
    elsewhere = page.post(f"{address}/fix", {**key, "query": "//evil.example/?x"})
    assert elsewhere["Location"].startswith(f"{address}?%2F%2Fevil.example%2F%3Fx=")
