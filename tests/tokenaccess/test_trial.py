"""A limit on trial: everything is let in, and what would have been refused is recorded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F, QuerySet
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.token_access import RULES, record_authorization, text
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.models import AuthorizationRecord, IgnoredSource, InstanceSettings, RefusalRecord
from tokenaccess.policy.levels import InboundMode, Role


@pytest.fixture
def trial(cast: Cast) -> str:
    """The address of the project whose limit is on trial."""
    services.set_inbound_mode(cast.library, InboundMode.TRIAL, by=cast.owner)
    return f"/token_access/projects/{cast.library.pk}"


def releases(cast: Cast, origin: Project | None = None) -> Any:
    return Api(job=cast.job_token(origin)).get(f"/projects/{cast.library.pk}/releases")


def test_a_trial_lets_jobs_in_and_records_what_the_limit_would_refuse(cast: Cast, trial: str) -> None:
    answer = releases(cast)
    assert (answer.status_code, "X-Access-Reason" in answer) == (200, False)
    record = RefusalRecord.trials.get()
    assert (record.project, record.origin_project, record.rule) == (cast.library, cast.app, "admitted")
    assert "not on the allowlist" in record.sentence
    assert AuthorizationRecord.objects.get().origin_project == cast.app


def test_what_is_on_trial_is_no_refusal(cast: Cast, trial: str, page: Client) -> None:
    releases(cast)
    assert not RefusalRecord.objects.exists()
    assert "None: no request was refused." in text(page.get(f"{RULES}/refusals"))
    assert RefusalRecord.objects.count() == 0
    services.set_inbound_mode(cast.library, InboundMode.ENFORCED, by=cast.owner)
    assert releases(cast).status_code == 404
    assert (RefusalRecord.objects.count(), RefusalRecord.trials.count()) == (1, 1)


def test_an_entry_that_grants_too_little_is_on_trial(cast: Cast, trial: str) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner, default_permissions=False, permissions=["read_jobs"])
    assert releases(cast).status_code == 200
    assert RefusalRecord.trials.get().rule == "permitted"


def test_what_the_limit_would_admit_is_not_recorded(cast: Cast, trial: str) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    assert releases(cast).status_code == 200
    assert releases(cast, cast.library).status_code == 200
    assert not RefusalRecord.trials.exists()


def test_a_hidden_project_on_trial_stays_hidden(cast: Cast, trial: str) -> None:
    token = cast.job_token(user=cast.outsider)
    hidden = Api(job=token).get(f"/projects/{cast.library.pk}/releases")
    absent = Api(job=token).get("/projects/10000/releases")
    assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content)
    assert not RefusalRecord.trials.exists()


def test_the_check_stays_one_statement(cast: Cast, trial: str, django_assert_num_queries: Any) -> None:
    from identity.secrets import digest
    from tokenaccess.access import facts as load
    from tokenaccess.access.id_or_path import IdOrPath

    token = cast.job_token()
    with django_assert_num_queries(1):
        found = load.job_facts([digest(token)], IdOrPath("id", cast.library.pk))
    assert found is not None
    assert found[1].target is not None
    assert found[1].target.mode is InboundMode.TRIAL


def test_clients_that_know_on_and_off_read_a_trial_as_off(cast: Cast, trial: str, api: Any) -> None:
    scope = f"/projects/{cast.library.pk}/job_token_scope"
    speak = api(cast.maintainer)
    assert speak.get(scope).json()["inbound_enabled"] is False
    assert speak.patch(scope, {"enabled": False}).status_code == 204
    assert settings_of(cast.library).inbound_mode == InboundMode.TRIAL
    assert speak.patch(scope, {"enabled": True}).status_code == 204
    assert settings_of(cast.library).inbound_mode == InboundMode.ENFORCED


def test_the_mode_is_read_and_set(cast: Cast, api: Any) -> None:
    mode = f"/token_access/projects/{cast.library.pk}/mode"
    speak = api(cast.maintainer)
    assert speak.get(mode).json() == {"mode": "enforced", "effective_mode": "enforced"}
    assert speak.put(mode, {"mode": "trial"}).json() == {"mode": "trial", "effective_mode": "trial"}
    assert AuditEvent.objects.filter(event="secure_ci_job_token_inbound_trial").count() == 1
    off = speak.put(mode, {"mode": "off"})
    assert off.status_code == 400
    assert off.json()["error"].startswith("mode does not have a valid value: open, trial, enforced. Only an ")
    assert "PUT /token_access/mode" in off.json()["error"]
    of_group = api(cast.owner).put(f"/token_access/groups/{cast.acme.pk}/rule", {"inbound_mode": "off"})
    assert of_group.json()["error"] == off.json()["error"].replace("mode", "inbound_mode", 1)
    other = speak.put(mode, {"mode": "closed"}).json()
    assert other == {"error": "mode does not have a valid value: open, trial, enforced"}
    assert speak.put(mode, {"mode": "open", "more": 1}).status_code == 400
    assert api(cast.developer).get(mode).status_code == 403
    assert api(cast.outsider).get(mode).status_code == 404
    services.set_feature_switch("ci_scoped_job_token", active=False, by=None)
    assert speak.get(mode).json() == {"mode": "trial", "effective_mode": "off"}


def test_the_stricter_of_project_and_instance_counts(cast: Cast, api: Any) -> None:
    mode, everywhere = f"/token_access/projects/{cast.library.pk}/mode", "/token_access/mode"
    root, speak = api(cast.admin), api(cast.maintainer)
    assert root.get(everywhere).json() == {"mode": "open"}
    services.set_inbound_mode(cast.library, InboundMode.OPEN, by=cast.owner)
    assert root.put(everywhere, {"mode": "trial"}).json() == {"mode": "trial"}
    assert speak.get(mode).json() == {"mode": "open", "effective_mode": "trial"}
    assert releases(cast).status_code == 200
    assert RefusalRecord.trials.count() == 1
    assert root.put(everywhere, {"mode": "enforced"}).status_code == 200
    assert speak.put(mode, {"mode": "trial"}).status_code == 400
    assert releases(cast).status_code == 404
    assert root.put(everywhere, {"mode": "off"}).json() == root.get(everywhere).json() == {"mode": "off"}
    assert releases(cast).status_code == 200
    assert InstanceSettings.current().enforce_inbound
    assert speak.put(everywhere, {"mode": "open"}).status_code == 403


def test_the_report_says_who_would_be_refused(cast: Cast, trial: str, api: Any, page: Client) -> None:
    other = projects.project("other", group=cast.acme, by=cast.owner)
    far = projects.project("far", group=projects.group("far", visibility=0))
    projects.members({cast.developer: Role.DEVELOPER}, other, far)
    for origin in (cast.app, cast.app, other, far):
        releases(cast, origin)
    RefusalRecord.trials.filter(origin_project=other).update(last_at=F("last_at") - timedelta(days=62))
    record_authorization(cast.library, projects.project("fourth", group=cast.acme, by=cast.owner))
    found = api(cast.maintainer).get(f"{trial}/trial").json()
    assert (found["days"], found["sources"], found["would_be_refused"], found["hidden"]) == (90, 4, 3, 2)
    assert [row["project_path"] for row in found["refused"]] == ["acme/app"]
    assert found["refused"][0]["count"] == 2
    by_owner = api(cast.owner).get(f"{trial}/trial").json()
    assert [(row["project_path"], row["count"]) for row in by_owner["refused"]] == [("acme/other", 1), ("acme/app", 2)]
    assert api(cast.owner).get(f"{trial}/trial?days=30").json()["would_be_refused"] == 2
    assert api(cast.owner).get(f"{trial}/trial?days=31").status_code == 400
    owner = Client()
    owner.force_login(cast.owner)
    sentence = "In the last 90 days 3 of 4 sources would be refused; the rarest was seen once, 62 days ago."
    assert sentence in text(owner.get(RULES))
    shown = text(owner.get(f"{RULES}/trial"))
    assert sentence in shown
    assert "1 more project that you cannot see." in shown
    for words in ("days=31", "days=a", "of=me"):
        refused = owner.get(f"{RULES}/trial?{words}")
        assert (refused.status_code, words.partition("=")[0] in text(refused)) == (400, True), words
    assert "far/far" not in shown


def test_a_trial_that_has_just_begun_is_not_praised(cast: Cast, trial: str, page: Client, api: Any) -> None:
    began = '">just now</time>; nothing that it would refuse is recorded yet.'
    for address in (RULES, f"{RULES}/trial"):
        assert began in text(page.get(address))
    assert "Too early to tell" in text(page.get(f"{RULES}/trial"))
    assert api(cast.maintainer).get(f"{trial}/trial").json()["began_at"] is not None


def test_a_trial_of_some_days_says_whether_the_limit_can_be_enforced(cast: Cast, trial: str, page: Client) -> None:
    QuerySet(AuditEvent).update(at=timezone.now() - timedelta(days=8))
    assert "No source would be refused. You can enforce the limit." in text(page.get(f"{RULES}/trial"))
    services.change_group_rule(cast.acme, by=cast.owner, inbound_mode=InboundMode.TRIAL)
    assert "You can enforce the limit." in text(page.get(f"{RULES}/trial"))
    services.change_group_rule(cast.acme, by=cast.owner, inbound_mode=InboundMode.ENFORCED)
    services.change_group_rule(cast.acme, by=cast.owner, inbound_mode=InboundMode.OPEN)
    assert "Too early to tell" in text(page.get(f"{RULES}/trial")), "meanwhile nothing was tried"


@pytest.mark.parametrize(("days", "lost"), [("", 2), ("30", 1), ("90", 2), ("400", 3)])
def test_enforcing_a_trial_is_confirmed_over_the_horizon_of_its_report(
    cast: Cast, trial: str, page: Client, days: str, lost: int
) -> None:
    for ago in (5, 60, 200):
        record_authorization(cast.library, projects.project(f"ago{ago}", group=cast.acme, by=cast.owner), ago)
    shown = text(page.get(f"{RULES}/trial", {"days": days}))
    horizon = days or "90"
    assert f'name="days" value="{horizon}"' in shown
    asked = text(page.post(f"{RULES}/limit", {"inbound": "on", "days": days}))
    assert f"<dt>{lost}</dt>" in asked
    assert f"Their jobs used their access in the last {horizon} days" in asked
    assert "2 projects that used their access in the last 90 days would lose it." in text(page.get(RULES))


def test_the_report_keeps_its_horizon_when_a_source_is_ignored(cast: Cast, trial: str, page: Client) -> None:
    releases(cast)
    for address, days in (("ignore", "?days=400"), ("restore", "?days=30")):
        answer = page.post(f"{RULES}/trial/{address}", {"path": "acme/app", "days": days.partition("=")[2]})
        assert answer["Location"] == f"{RULES}/trial{days}"


def test_an_added_source_would_be_refused_no_more(cast: Cast, trial: str, page: Client) -> None:
    releases(cast)
    assert "acme/app" in text(page.get(f"{RULES}/trial"))
    page.post(f"{RULES}/add", {"path": "acme/app", "permissions": "default"})
    assert "nothing that it would refuse is recorded yet" in text(page.get(f"{RULES}/trial"))


def test_an_ignored_source_does_not_count(cast: Cast, trial: str, page: Client, api: Any, secret: Project) -> None:
    releases(cast)
    assert "is ignored from now on" in text(page.post(f"{RULES}/trial/ignore", {"path": "acme/app"}, follow=True))
    assert "nothing that it would refuse is recorded yet" in text(page.get(f"{RULES}/trial"))
    assert "counts again" in text(page.post(f"{RULES}/trial/restore", {"path": "acme/app"}, follow=True))
    speak = api(cast.maintainer)
    assert speak.post(f"{trial}/trial/ignored", {"source_project_id": cast.app.pk}).status_code == 204
    assert speak.get(f"{trial}/trial").json()["would_be_refused"] == 0
    assert speak.delete(f"{trial}/trial/ignored/{cast.app.pk}").status_code == 204
    assert speak.delete(f"{trial}/trial/ignored/{cast.app.pk}").status_code == 404
    hidden = speak.post(f"{trial}/trial/ignored", {"source_project_id": secret.pk})
    absent = speak.post(f"{trial}/trial/ignored", {"source_project_id": 10**6})
    assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content)
    assert page.post(f"{RULES}/trial/ignore", {"path": secret.full_path}).status_code == 404
    assert api(cast.developer).post(f"{trial}/trial/ignored", {"source_project_id": cast.app.pk}).status_code == 403
    assert not IgnoredSource.objects.exists()


def test_the_page_starts_and_ends_a_trial(cast: Cast, page: Client) -> None:
    page.post(f"{RULES}/limit", {"inbound": "off", "confirmed": "1"})
    assert "Put on trial" in text(page.get(RULES))
    assert "The limit is on trial" in text(page.post(f"{RULES}/limit", {"inbound": "trial"}, follow=True))
    assert settings_of(cast.library).inbound_mode == InboundMode.TRIAL
    page.post(f"{RULES}/limit", {"inbound": "on"})
    assert settings_of(cast.library).limits_inbound
    assert "Put on trial" in text(page.get(RULES))
    assert "Start the trial" in text(page.post(f"{RULES}/limit", {"inbound": "trial"}))
    assert settings_of(cast.library).limits_inbound


def test_an_enforced_limit_goes_on_trial_and_back_without_ever_being_open(cast: Cast, page: Client) -> None:
    asked = page.post(f"{RULES}/limit", {"inbound": "trial"})
    assert "Put the limit of acme/library on trial?" in text(asked)
    shown = text(page.post(f"{RULES}/limit", {"inbound": "trial", "confirmed": "1"}, follow=True))
    assert ">Trial</span>" in shown
    assert ">Off</span>" not in shown.split("out-title")[0]
    assert ('name="inbound" value="on"' in shown, 'name="inbound" value="off"' in shown) == (True, True)
    assert page.post(f"{RULES}/limit", {"inbound": "on"}).status_code == 302
    assert settings_of(cast.library).inbound_mode == InboundMode.ENFORCED
    audited = AuditEvent.objects.of_project(cast.library.pk).filter(event__startswith="secure_ci_job_token_inbound")
    assert [event.event.rsplit("_")[-1] for event in audited.order_by("pk")] == ["trial", "enabled"]


def test_what_is_already_so_is_not_asked_about(cast: Cast, page: Client) -> None:
    record_authorization(cast.library, cast.app)
    assert page.post(f"{RULES}/limit", {"inbound": "on"}).status_code == 302
    services.set_inbound_mode(cast.library, InboundMode.TRIAL, by=cast.owner)
    assert "Keep it on trial" in text(page.post(f"{RULES}/limit", {"inbound": "on"}))
    assert page.post(f"{RULES}/limit", {"inbound": "off"}).status_code == 302
    assert settings_of(cast.library).inbound_mode == InboundMode.OPEN


def test_a_trial_of_the_instance_is_not_ended_by_a_project(cast: Cast, page: Client) -> None:
    services.change_instance_settings(by=cast.admin, inbound_mode=InboundMode.TRIAL)
    page.post(f"{RULES}/limit", {"inbound": "off", "confirmed": "1"})
    shown = text(page.get(RULES))
    assert ">Trial</span>" in shown
    assert "End the trial" not in shown
    services.change_instance_settings(by=cast.admin, inbound_mode=InboundMode.ENFORCED)
    assert "Put on trial" not in text(page.get(RULES))
    for confirmed in ({}, {"confirmed": "1"}):
        refused = page.post(f"{RULES}/limit", {"inbound": "trial", **confirmed}, follow=True)
        assert "This instance keeps the limit on for all projects" in text(refused)


def test_one_source_is_not_counted_of_one(cast: Cast, trial: str, page: Client) -> None:
    releases(cast)
    assert "In the last 90 days the only source would be refused; it was seen once, today." in text(page.get(RULES))
    record_authorization(cast.library, projects.project("other", group=cast.acme, by=cast.owner))
    assert "1 of 2 sources would be refused; it was seen once, today." in text(page.get(RULES))


def test_the_report_takes_as_many_statements_for_many_sources_as_for_two(cast: Cast, trial: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tokenaccess.allowlist.impact.trial import report_trial

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            report_trial(cast.library, cast.maintainer)
        return len(seen)

    releases(cast)
    few = statements()
    for number in range(4):
        source = projects.project(f"s{number}", group=cast.acme, by=cast.owner)
        projects.members({cast.developer: Role.DEVELOPER}, source)
        releases(cast, source)
    assert statements() == few <= 12
