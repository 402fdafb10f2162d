"""Where a job's token is used from: recorded for every project, tried or refused by those that ask for it."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.client_address import set_client_address
from audit.models import AuditEvent
from identity.secrets import digest
from jobs.models import Job, JobToken, Runner
from projects.models import Project
from tests.factories import jobs, projects, runners
from tests.factories.cast import Cast
from tests.support.access_world import generate_world
from tests.support.at_once import at_once
from tests.support.client import Api
from tests.support.orm_facts import job_facts_by_orm
from tests.support.token_access import RULES, refuse_elsewhere, text
from tokenaccess.access import facts as load
from tokenaccess.access.facts import settings_of
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access_log import addresses
from tokenaccess.allowlist import services
from tokenaccess.models import JobAddress, RefusalRecord, TokenAccessSettings
from tokenaccess.policy import Action, decide, explain
from tokenaccess.policy.levels import AddressMode

HERE, ELSEWHERE = "192.0.2.10", "203.0.113.9"


@pytest.fixture
def token(cast: Cast) -> str:
    """Of a job of acme/app that a runner took from HERE, and that acme/library admits."""
    services.add_entry(cast.library, cast.app, by=cast.owner)
    runners.runner(cast.app)
    secret = jobs.token_of(jobs.job(cast.app, cast.developer, runner=Runner.objects.get()))
    JobToken.objects.update(taken_from=HERE)
    return secret


def releases(cast: Cast, token: str, address: str, **more: Any) -> Any:
    return Api(job=token).get(f"/projects/{cast.library.pk}/releases", REMOTE_ADDR=address, **more)


def test_a_job_s_token_knows_where_its_runner_took_it(cast: Cast) -> None:
    runner = runners.runner(cast.app)
    runners.pipeline(cast.app, cast.developer)
    taken = Api().post("/jobs/request", {"token": runner.token}, REMOTE_ADDR="::ffff:192.0.2.10")
    assert taken.status_code == 201
    assert JobToken.objects.get().taken_from == HERE


def test_a_use_from_elsewhere_is_recorded_and_stands_in_the_history_once(cast: Cast, token: str) -> None:
    for address in (HERE, "::ffff:192.0.2.10", ELSEWHERE, ELSEWHERE):
        assert releases(cast, token, address).status_code == 200
    rows = {(row.address, row.project, row.elsewhere) for row in JobAddress.objects.all()}
    assert rows == {(HERE, cast.library, False), (ELSEWHERE, cast.library, True)}
    second = jobs.token_of(jobs.job(cast.app, cast.developer, runner=Runner.objects.get()))
    JobToken.objects.update(taken_from=HERE)
    assert releases(cast, second, ELSEWHERE).status_code == 200
    event = AuditEvent.objects.get(event=addresses.EVENT)
    assert (event.target_id, event.target_path) == (cast.app.pk, "acme/app")
    job = JobToken.objects.get(digest=digest(token)).job_id
    assert event.message == (
        f"The token of job #{job} was used from {ELSEWHERE}; runner #{Runner.objects.get().pk} took the job from {HERE}"
    )


@pytest.mark.django_db(transaction=True)
def test_processes_that_come_to_write_an_address_at_once_put_one_line_into_the_history(db: None) -> None:
    cast = Cast()
    runners.runner(cast.app)
    for _ in range(3):
        job = jobs.job(cast.app, cast.developer, runner=Runner.objects.get())
        jobs.token_of(job)
        addresses.keep(job.pk, cast.library.pk, ELSEWHERE)
    JobToken.objects.update(taken_from=HERE)
    _, failed = at_once(*[lambda: addresses.write(1)] * 4)
    assert failed == []
    assert AuditEvent.objects.filter(event=addresses.EVENT).count() == 1
    assert JobAddress.objects.count() == 3


def test_a_refused_use_is_recorded_without_its_target(cast: Cast, token: str) -> None:
    assert Api(job=token).get("/projects/99999/releases", REMOTE_ADDR=ELSEWHERE).status_code == 404
    assert [(row.address, row.project) for row in JobAddress.objects.all()] == [(ELSEWHERE, None)]


def test_of_a_job_whose_address_is_not_known_nothing_is_said(cast: Cast, token: str) -> None:
    JobToken.objects.update(taken_from="")
    assert releases(cast, token, ELSEWHERE).status_code == 200
    assert not JobAddress.objects.exists()


@pytest.mark.parametrize("side", ["library", "app"])
def test_either_project_may_refuse_a_token_used_elsewhere(cast: Cast, token: str, side: str) -> None:
    refuse_elsewhere(getattr(cast, side), cast.owner)
    refused = releases(cast, token, ELSEWHERE)
    assert (refused.status_code, "X-Access-Reason" in refused) == (403, True)
    record = RefusalRecord.objects.get()
    assert (record.rule, record.sentence) == ("located", "The token is not used from where its runner took the job.")
    assert releases(cast, token, HERE).status_code == 200
    own = Api(job=token).get(f"/projects/{cast.app.pk}/releases", REMOTE_ADDR=ELSEWHERE)
    assert own.status_code == (403 if side == "app" else 200)


def test_a_job_is_refused_too_when_nobody_knows_where_it_runs(cast: Cast, token: str) -> None:
    refuse_elsewhere(cast.library, cast.owner)
    JobToken.objects.update(taken_from="")
    assert releases(cast, token, HERE).status_code == 403


def test_a_trial_answers_as_before_and_records_what_it_would_refuse(cast: Cast, token: str) -> None:
    services.set_address_mode(cast.library, AddressMode.TRIAL, by=cast.owner)
    answer = releases(cast, token, ELSEWHERE)
    assert (answer.status_code, "X-Access-Reason" in answer) == (200, False)
    assert RefusalRecord.trials.get().rule == "located"
    assert not RefusalRecord.objects.exists()


def test_the_runner_s_networks_count_as_where_its_jobs_run(cast: Cast, token: str, api: Any) -> None:
    refuse_elsewhere(cast.library, cast.owner)
    address = f"/token_access/runners/{Runner.objects.get().pk}/networks"
    speak = api(cast.maintainer)
    assert speak.put(address, {"networks": ["203.0.113.0/24", "::ffff:10.0.0.0/104"]}).json()["networks"] == [
        "203.0.113.0/24",
        "10.0.0.0/8",
    ]
    assert [releases(cast, token, one).status_code for one in (ELSEWHERE, "::ffff:10.9.9.9", "11.0.0.1")] == [
        200,
        200,
        403,
    ]
    assert AuditEvent.objects.filter(event="runner_updated").count() == 1
    assert "is no network" in speak.put(address, {"networks": ["10.0.0.1/8"]}).content.decode()
    assert speak.put(address, {"networks": [f"10.0.{n}.0/24" for n in range(51)]}).status_code == 400
    assert api(cast.developer).put(address, {"networks": []}).status_code == 404
    assert speak.get(address).json() == {
        "networks": ["203.0.113.0/24", "10.0.0.0/8"], "days": 30, "jobs": 1, "elsewhere": 1
    }  # fmt: skip


def test_preflight_and_the_request_itself_agree(cast: Cast, token: str) -> None:
    refuse_elsewhere(cast.library, cast.owner)
    body = {"requests": [{"project": "acme/library", "action": "read_releases"}]}
    for address, allowed in ((HERE, True), (ELSEWHERE, False)):
        answer = Api(job=token).post("/token_access/preflight", body, REMOTE_ADDR=address)
        assert answer.json()[0]["allowed"] is allowed
    assert not JobAddress.objects.exists()  # a question is no use


def test_an_explanation_names_the_condition(cast: Cast, token: str, api: Any) -> None:
    refuse_elsewhere(cast.library, cast.owner)
    asked = {"source": "acme/app", "target": "acme/library", "action": "read_releases"}
    answer = api(cast.maintainer).post("/token_access/explain", asked).json()
    assert answer["steps"][-1]["rule"] == "located"
    assert "must be used from where its job runs" in answer["steps"][-1]["sentence"]


def test_the_pages_warn_of_it(cast: Cast, token: str, page: Client) -> None:
    releases(cast, token, ELSEWHERE)
    runner, job = Runner.objects.get(), JobToken.objects.get(digest=digest(token)).job_id
    assert f"Its token was used from {ELSEWHERE}. Its runner took the job from {HERE}" in text(
        page.get(f"/acme/app/-/jobs/{job}")
    )
    shown = text(page.get(reverse("project_runner", args=["acme/app", runner.pk])))
    assert "In the last 30 days 1 of 1 job used its token elsewhere (100 %)." in shown
    assert f"#{job}" in shown
    assert ELSEWHERE in shown
    assert "Used from elsewhere" in text(page.get(f"{RULES}/log"))
    assert "was used from" in text(page.get("/acme/app/-/audit_events?only=token_access"))


def test_the_runner_s_page_lists_an_address_of_a_job_once(cast: Cast, token: str, page: Client) -> None:
    releases(cast, token, ELSEWHERE)
    assert Api(job=token).get("/projects/99999/releases", REMOTE_ADDR=ELSEWHERE).status_code == 404
    assert JobAddress.objects.filter(elsewhere=True).count() == 2
    shown = text(page.get(reverse("project_runner", args=["acme/app", Runner.objects.get().pk])))
    assert shown.count(f"<code>{ELSEWHERE}</code>") == 1


def test_a_project_tries_before_it_refuses(cast: Cast, token: str, page: Client) -> None:
    releases(cast, token, ELSEWHERE)
    settings = f"{RULES}/addresses"
    assert "Put them on trial" in text(page.get(RULES))
    assert "are on trial" in text(page.post(settings, {"mode": "trial"}, follow=True))
    asked = text(page.post(settings, {"mode": "refuse"}))
    assert "job would have been refused." in asked
    assert settings_of(cast.library).address_mode == AddressMode.TRIAL
    assert "are refused now" in text(page.post(settings, {"mode": "refuse", "confirmed": "1"}, follow=True))
    assert releases(cast, token, ELSEWHERE).status_code == 403
    page.post(settings, {"mode": "nonsense"})
    assert settings_of(cast.library).address_mode == AddressMode.REFUSE


def test_the_reason_of_a_refusal_can_be_opened(cast: Cast, token: str, page: Client) -> None:
    refuse_elsewhere(cast.library, cast.owner)
    refused = releases(cast, token, ELSEWHERE)
    shown = text(page.get(f"/-/access_reasons/{refused['X-Access-Reason']}"))
    assert "The token is not used from where its runner took the job." in shown
    assert "add the network to the runner&#x27;s networks" in shown


def test_networks_of_a_runner_that_serves_others_too_are_theirs_to_trust(cast: Cast, token: str, api: Any) -> None:
    runner = Runner.objects.get()
    runner.projects.add(projects.project("other", group=cast.acme, by=cast.owner))
    answer = api(cast.maintainer).put(f"/token_access/runners/{runner.pk}/networks", {"networks": ["0.0.0.0/0"]})
    assert (answer.status_code, "also serves projects" in answer.content.decode()) == (403, True)
    runner.refresh_from_db()
    assert runner.networks == []


def test_networks_are_set_on_the_runner_s_page_by_who_answers_for_all_it_serves(
    cast: Cast, token: str, browser: Any, page: Client
) -> None:
    runner = Runner.objects.get()
    address = reverse("project_runner", args=["acme/app", runner.pk])
    fields = {"description": "", "tag_list": "", "run_untagged": "on", "access_level": "not_protected"}
    page.post(address, {**fields, "networks": "10.0.0.0/8\n2001:db8::/32"})
    runner.refresh_from_db()
    assert runner.networks == ["10.0.0.0/8", "2001:db8::/32"]
    assert "is no network" in text(page.post(address, {**fields, "networks": "10.0.0.1/8"}))
    runner.projects.add(projects.project("other", group=cast.acme, by=cast.owner))
    page.post(address, {**fields, "networks": "0.0.0.0/0"})
    runner.refresh_from_db()
    assert runner.networks == ["10.0.0.0/8", "2001:db8::/32"]


def test_the_check_stays_one_statement_in_every_mode(cast: Cast, token: str, django_assert_num_queries: Any) -> None:
    for mode in AddressMode:
        services.set_address_mode(cast.library, mode, by=cast.owner)
        with django_assert_num_queries(1):
            found = load.job_facts([digest(token)], IdOrPath("id", cast.library.pk))
        assert found is not None
        assert (found[1].address is None) == (mode is AddressMode.OFF)


def test_the_check_is_read_and_set(cast: Cast, token: str, api: Any) -> None:
    address = f"/token_access/projects/{cast.library.pk}/address_check"
    speak = api(cast.maintainer)
    assert speak.get(address).json() == {"mode": "off", "days": 30, "jobs": 0, "elsewhere": 0}
    releases(cast, token, ELSEWHERE)
    assert speak.put(address, {"mode": "trial"}).json() == {"mode": "trial", "days": 30, "jobs": 1, "elsewhere": 1}
    assert AuditEvent.objects.filter(event="job_token_address_check_trial").count() == 1
    assert speak.put(address, {"mode": "deny"}).status_code == 400
    assert api(cast.developer).put(address, {"mode": "off"}).status_code == 403
    assert api(cast.outsider).get(address).status_code == 404


def test_a_job_is_deleted_with_its_addresses(cast: Cast, token: str) -> None:
    releases(cast, token, ELSEWHERE)
    Runner.objects.all().delete()
    assert JobAddress.objects.get().runner is None
    Job.objects.all().delete()
    assert not JobAddress.objects.exists()


def test_enforcement_and_explanation_agree_over_a_generate_world(db: None) -> None:
    chance = random.Random(1)
    tokens, places = generate_world(chance)
    for project in Project.objects.all():
        mode = chance.choice(list(AddressMode))
        TokenAccessSettings.objects.update_or_create(project=project, defaults={"address_mode": mode})
    for token in JobToken.objects.all():
        token.taken_from, token.networks = chance.choice([HERE, ""]), chance.choice([[], [], ["203.0.113.0/24"]])
        token.save()
    refused = 0
    for token_text, place in itertools.product(tokens, places):
        set_client_address(ELSEWHERE)
        enforced, by_orm = load.job_facts([digest(token_text)], place), job_facts_by_orm(digest(token_text), place)
        assert enforced is not None
        assert by_orm is not None
        job, facts = enforced[:2]
        known = by_orm[1]
        assert facts == (known if known.address is None else known._replace(address=facts.address))
        assert (facts.address and facts.address._replace(used_from=None)) == known.address
        for action in (Action.READ_PACKAGES, Action.DOWNLOAD_CODE, Action.READ_JOBS, Action.READ_PROJECT):
            decision, steps = decide(job, action, facts), explain(job, action, facts)
            assert decision.reason == next((step for step in steps if not step.ok), None)
            refused += decision.reason is not None and decision.reason.rule == "located"
    assert refused
