"""The report of the trials of all projects below a group, and of the instance."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from projects.models import Group, Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.access_world import generate_world
from tests.support.token_access import count, record_authorization, record_refusal, text
from tokenaccess.allowlist import services
from tokenaccess.allowlist.group_rules.inherited import InboundMatcher
from tokenaccess.allowlist.group_rules.many_targets import ManyTargets, Pair
from tokenaccess.allowlist.impact import many_trials
from tokenaccess.allowlist.impact.many_trials import report_many_trials
from tokenaccess.models import AllowlistEntry, GroupIgnoredSource, RefusalRecord
from tokenaccess.policy.levels import InboundMode, Role

PAGE = "/groups/acme/-/settings/token_access/trial"
INSTANCE = "/-/token_access/trial"


@pytest.fixture
def tools(cast: Cast) -> list[Project]:
    """Of another group, whose owner is that of acme."""
    group = projects.group("tools", by=cast.owner, visibility=0)
    return [projects.project(f"t{number}", group=group, by=cast.owner) for number in range(4)]


@pytest.fixture
def report(cast: Cast, api: Any) -> str:
    """The address of the group's report; its rule puts both projects on trial."""
    for project in (cast.library, cast.app):
        services.set_inbound_mode(project, InboundMode.OPEN, by=cast.owner)
    services.change_group_rule(cast.acme, by=cast.owner, inbound_mode=InboundMode.TRIAL)
    return f"/token_access/groups/{cast.acme.pk}/trial"


@pytest.fixture
def owner(cast: Cast, browser: Any) -> Client:
    return browser(cast.owner)


def record_trial(target: Project, source: Project, count: int = 1, days: int = 0) -> None:
    """What a limit on trial would have refused."""
    record = record_refusal(target, source, count, job_id=source.pk * 1000 + target.pk)
    at = timezone.now() - timedelta(days=days)
    RefusalRecord.objects.filter(pk=record.pk).update(trial=True, last_at=at)


def paths_of(reply: Any) -> list[str]:
    return [row["project_path"] for row in reply["refused"]]


def test_a_group_s_report_sums_up_all_projects_on_trial_below(
    cast: Cast, report: str, tools: list[Project], api: Any, owner: Client
) -> None:
    record_trial(cast.library, tools[0], 3)
    record_trial(cast.app, tools[0], 2, days=3)
    record_trial(cast.app, tools[1], days=62)
    record_authorization(cast.library, tools[2])
    reply = api(cast.owner).get(report).json()
    assert (reply["days"], reply["projects"], reply["sources"], reply["would_be_refused"]) == (90, 2, 3, 2)
    assert paths_of(reply) == ["tools/t1", "tools/t0"]
    row = reply["refused"][1]
    assert (row["count"], row["refused_by_count"]) == (5, 2)
    assert [one["path"] for one in row["refused_by"]] == ["acme/app", "acme/library"]
    assert paths_of(api(cast.owner).get(f"{report}?days=30").json()) == ["tools/t0"]
    assert api(cast.owner).get(f"{report}?days=31").status_code == 400
    assert (owner.get(f"{PAGE}?days=31").status_code, owner.get(f"{PAGE}?days=30&page=1").status_code) == (400, 200)
    shown = text(owner.get(PAGE))
    assert "In the last 90 days 2 of 3 sources would be refused; the rarest was seen once, 62 days ago." in shown
    assert "2 projects are on trial." in shown


def test_a_project_that_enforces_its_limit_is_none_of_the_group_s_trial(
    cast: Cast, report: str, tools: list[Project], api: Any
) -> None:
    record_trial(cast.library, tools[0])
    record_trial(cast.app, tools[1])
    services.set_inbound_mode(cast.library, InboundMode.ENFORCED, by=cast.owner)
    reply = api(cast.owner).get(report).json()
    assert (reply["projects"], reply["sources"], paths_of(reply)) == (1, 1, ["tools/t1"])
    services.change_group_rule(cast.acme, by=cast.owner, inbound_mode=InboundMode.ENFORCED)
    reply = api(cast.owner).get(report).json()
    assert (reply["projects"], reply["sources"], paths_of(reply)) == (0, 0, [])


def test_what_the_lists_admit_today_is_not_in_the_report(
    cast: Cast, report: str, tools: list[Project], api: Any
) -> None:
    for source in tools[:3]:
        record_trial(cast.library, source)
    services.add_entry(cast.library, tools[0], by=cast.owner)
    services.add_entry(
        cast.library, tools[1], by=cast.owner, default_permissions=False, permissions=["read_deployments"]
    )
    services.add_group_entry(cast.acme, tools[2], by=cast.owner)
    assert paths_of(api(cast.owner).get(report).json()) == ["tools/t1"]
    services.change_group_rule(cast.acme, by=cast.owner, has_ceiling=True)
    assert paths_of(api(cast.owner).get(report).json()) == ["tools/t0", "tools/t1"], "a ceiling leaves them out"


def test_sources_that_the_reader_may_not_see_are_counted(cast: Cast, report: str, api: Any, owner: Client) -> None:
    far = projects.project("far", group=projects.group("far", visibility=0))
    record_trial(cast.library, far)
    reply = api(cast.owner).get(report).json()
    assert (reply["would_be_refused"], reply["hidden"], reply["refused"]) == (1, 1, [])
    shown = text(owner.get(PAGE))
    assert "1 more project that you cannot see." in shown
    assert "far/far" not in shown


def test_projects_that_the_reader_may_not_see_take_no_place_among_those_named(
    cast: Cast, tools: list[Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many_trials, "MAX_NAMED", 2)
    hidden = [projects.project(f"h{n}", group=projects.group(f"h{n}", visibility=0)) for n in range(3)]
    late = [projects.project(f"z{3 - n}", group=cast.acme, by=cast.owner) for n in range(3)]
    for target in (*hidden, *late):
        services.set_inbound_mode(target, InboundMode.TRIAL, by=cast.admin)
        record_trial(target, tools[0])
    [row] = report_many_trials(None, cast.owner).refused
    assert ([one.full_path for one in row.targets], row.target_count) == (["acme/z1", "acme/z2"], 6)
    [row] = report_many_trials(None, cast.admin).refused
    assert [one.full_path for one in row.targets] == ["acme/z1", "acme/z2"], "by path"


def test_add_puts_the_source_on_the_group_s_own_list(
    cast: Cast, report: str, tools: list[Project], owner: Client
) -> None:
    record_trial(cast.library, tools[0])
    shown = text(owner.get(PAGE))
    assert f'action="{PAGE.removesuffix("trial")}add"' in shown
    answer = owner.post(PAGE.removesuffix("trial") + "add", {"path": "tools/t0", "permissions": "default"}, follow=True)
    assert "tools/t0 has access to all projects of this group now." in text(answer)
    assert "tools/t0" not in text(owner.get(PAGE))


def test_add_leads_to_the_group_above_whose_ceiling_leaves_the_source_out(
    cast: Cast, tools: list[Project], owner: Client
) -> None:
    inner = projects.group("inner", parent=cast.acme, by=cast.owner, visibility=0)
    below = projects.project("below", group=inner, by=cast.owner)
    services.set_inbound_mode(below, InboundMode.TRIAL, by=cast.owner)
    services.change_group_rule(cast.acme, by=cast.owner, has_ceiling=True)
    record_trial(below, tools[0])
    shown = text(owner.get("/groups/acme/inner/-/settings/token_access/trial"))
    assert f'action="{PAGE.removesuffix("trial")}add"' in shown
    assert "Add to acme" in shown
    assert 'action="/groups/acme/inner/-/settings/token_access/add"' not in shown


def test_there_is_no_button_where_a_nearer_entry_would_apply_all_the_same(
    cast: Cast, report: str, tools: list[Project], owner: Client
) -> None:
    record_trial(cast.library, tools[0])
    services.add_entry(cast.library, tools[0], by=cast.owner, default_permissions=False, permissions=["read_jobs"])
    shown = text(owner.get(PAGE))
    assert "tools/t0" in shown
    assert "token_access/add" not in shown
    assert "/acme/library/-/settings/ci_cd/token_access/trial" in shown


def test_a_group_ignores_a_source_and_counts_it_again(
    cast: Cast, report: str, tools: list[Project], api: Any, owner: Client, secret: Project, browser: Any
) -> None:
    record_trial(cast.library, tools[0])
    assert "is ignored from now on" in text(owner.post(f"{PAGE}/ignore", {"path": "tools/t0"}, follow=True))
    reply = api(cast.owner).get(report).json()
    assert (reply["would_be_refused"], [row["project_path"] for row in reply["ignored"]]) == (0, ["tools/t0"])
    assert "Count again" in text(owner.get(PAGE))
    assert owner.post(f"{PAGE}/restore", {"path": "tools/t0", "days": "30"})["Location"] == f"{PAGE}?days=30"
    assert owner.post(f"{PAGE}/restore", {"path": "tools/t0"}).status_code == 404
    speak = api(cast.owner)
    assert speak.post(f"{report}/ignored", {"source_project_id": tools[0].pk}).status_code == 204
    assert GroupIgnoredSource.objects.get().source == tools[0]
    listed = text(browser(cast.admin).get("/admin/tokenaccess/groupignoredsource/?q=tools"))
    assert "tools/t0" in listed.partition('id="result_list"')[2]
    assert speak.delete(f"{report}/ignored/{tools[0].pk}").status_code == 204
    assert speak.delete(f"{report}/ignored/{tools[0].pk}").status_code == 404
    hidden = speak.post(f"{report}/ignored", {"source_project_id": secret.pk})
    absent = speak.post(f"{report}/ignored", {"source_project_id": 10**6})
    assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content)
    events = list(AuditEvent.objects.filter(event__startswith="secure_ci_job_token_trial_source").order_by("pk"))
    assert [event.event.rsplit("_")[-1] for event in events] == ["ignored", "restored"] * 2
    assert {event.target_type for event in events} == {"group"}


def test_what_a_project_ignores_does_not_count_for_its_group(
    cast: Cast, report: str, tools: list[Project], api: Any
) -> None:
    record_trial(cast.library, tools[0])
    record_trial(cast.app, tools[0], 4)
    services.ignore_source(cast.library, tools[0], by=cast.owner)
    row = api(cast.owner).get(report).json()["refused"][0]
    assert (row["count"], [one["path"] for one in row["refused_by"]]) == (4, ["acme/app"])
    services.ignore_source(cast.acme, tools[0], by=cast.owner)
    reply = api(cast.admin).get("/token_access/instance/trial").json()
    assert (reply["projects"], reply["would_be_refused"], reply["ignored"]) == (2, 0, [])


def test_the_report_of_a_group_is_for_its_maintainers(cast: Cast, report: str, api: Any, browser: Any) -> None:
    services.set_inbound_mode(cast.library, InboundMode.TRIAL, by=cast.owner)
    projects.member(cast.reporter, cast.acme, Role.DEVELOPER)
    assert api(cast.reporter).get(report).status_code == 403
    assert api(cast.reporter).post(f"{report}/ignored", {"source_project_id": cast.app.pk}).status_code == 403
    assert browser(cast.reporter).get(PAGE).status_code == 403
    assert api(cast.outsider).get(report).status_code == 403
    assert api(cast.outsider).get("/token_access/groups/99999/trial").status_code == 404
    assert not GroupIgnoredSource.objects.exists()


def test_the_group_s_page_starts_and_ends_its_trial(cast: Cast, owner: Client) -> None:
    shown = text(owner.get(PAGE))
    assert "No project is on trial: nothing is recorded." in shown
    assert 'name="inbound_mode" value="1"' in shown
    services.change_group_rule(cast.acme, by=cast.owner, inbound_mode=InboundMode.TRIAL, has_ceiling=True)
    services.set_inbound_mode(cast.library, InboundMode.OPEN, by=cast.owner)
    shown = text(owner.get(PAGE))
    assert "The trial began" in shown
    assert 'name="inbound_mode" value="2"' in shown
    assert 'name="has_ceiling" value="on"' in shown
    assert 'name="is_locked" value=""' in shown


def test_the_instance_s_report_leads_to_where_a_source_is_added(
    cast: Cast, tools: list[Project], api: Any, browser: Any
) -> None:
    for project in (cast.library, cast.app, tools[3]):
        services.set_inbound_mode(project, InboundMode.TRIAL, by=cast.owner)
    for target, source in ((cast.library, 0), (cast.library, 1), (cast.app, 1), (cast.app, 2), (tools[3], 2)):
        record_trial(target, tools[source], source + 1)
    reply = api(cast.admin).get("/token_access/instance/trial").json()
    assert (reply["projects"], reply["sources"], reply["would_be_refused"], reply["began_at"]) == (3, 3, 3, None)
    assert [row["refused_by_count"] for row in reply["refused"]] == [1, 2, 2]
    admin = browser(cast.admin)
    shown = text(admin.get(INSTANCE))
    assert "In the last 90 days 3 of 3 sources would be refused" in shown
    assert 'href="/acme/library/-/settings/ci_cd/token_access/trial"><svg' in shown
    assert f'href="{PAGE}"' in shown
    assert 'href="/groups/tools/-/settings/token_access/trial"' not in shown, "two groups have nothing in common"
    assert INSTANCE in text(admin.get("/admin/"))
    for address in ("/admin/tokenaccess/instancesettings/", "/-/token_access/widest?mode=trial"):
        assert f'href="{address}"' in shown
    assert api(cast.owner).get("/token_access/instance/trial").status_code == 403
    assert browser(cast.owner).get(INSTANCE).status_code in {403, 404}


def test_a_trial_of_the_instance_says_since_when(cast: Cast, api: Any, browser: Any) -> None:
    services.change_instance_settings(by=cast.admin, inbound_mode=InboundMode.TRIAL)
    services.set_inbound_mode(cast.library, InboundMode.OPEN, by=cast.owner)
    assert api(cast.admin).get("/token_access/instance/trial").json()["began_at"] is not None
    assert "The trial began" in text(browser(cast.admin).get(INSTANCE))


def test_the_reports_take_as_many_statements_for_many_projects_as_for_few(
    cast: Cast, report: str, tools: list[Project], owner: Client, browser: Any
) -> None:
    admin = browser(cast.admin)
    record_trial(cast.library, tools[0])
    record_trial(cast.app, tools[0])
    services.add_entry(cast.library, tools[3], by=cast.owner)
    owner.get(PAGE), admin.get(INSTANCE)
    before = [_count(owner, PAGE), _count(admin, INSTANCE)]
    inner: Group = projects.group("inner", parent=cast.acme, by=cast.owner)
    for number in range(8):
        target = projects.project(f"more{number}", group=inner, by=cast.owner)
        services.set_inbound_mode(target, InboundMode.OPEN, by=cast.owner)
        AllowlistEntry.objects.create(project=target, target_project=tools[3])
        for source in tools[:3]:
            record_trial(target, source, number)
    assert [_count(owner, PAGE), _count(admin, INSTANCE)] == before
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert report_many_trials(cast.acme, cast.owner).count == 3
    assert len(seen) <= 16


def _count(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


@pytest.mark.parametrize("seed", range(4))
def test_many_pairs_are_matched_as_each_project_matches_its_own(db: None, seed: int) -> None:
    generate_world(random.Random(seed))
    everything = list(Project.objects.alive())
    pairs = {
        Pair(target.pk, target.group_id, source.pk, source.group_id)
        for target in everything
        for source in everything
        if target != source
    }
    lists = ManyTargets(pairs)
    expected = {target.pk: InboundMatcher(target).matches(everything) for target in everything}
    assert {pair: lists.match(pair) for pair in pairs} == {pair: expected[pair.target][pair.source] for pair in pairs}


def test_each_table_of_a_project_adds_where_a_ceiling_lets_an_entry_take_effect(
    cast: Cast, tools: list[Project], owner: Client
) -> None:
    services.change_group_rule(cast.acme, by=cast.owner, has_ceiling=True)
    rules = "/acme/library/-/settings/ci_cd/token_access"
    record_refusal(cast.library, tools[0])
    count(cast.library, tools[0], refusals=1)
    record_trial(cast.library, tools[0])
    for page in ("", "/refusals", "/trial"):
        table = text(owner.get(f"{rules}{page}")).split("tools/t0</a>")[1].split("</tr>")[0]
        assert f'action="{PAGE.removesuffix("trial")}add"' in table, page
        assert "Add to acme" in table, page
        assert f"{rules}/add" not in table, page
    services.change_group_rule(cast.acme, by=cast.owner, has_ceiling=False)
    for page in ("", "/refusals", "/trial"):
        table = text(owner.get(f"{rules}{page}")).split("tools/t0</a>")[1].split("</tr>")[0]
        assert f'action="{rules}/add"' in table, page
