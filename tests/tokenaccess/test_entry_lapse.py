"""Entries that have ended or are suspended admit nobody, others only jobs that meet their conditions, and the reason
says which it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from identity.models import today
from identity.secrets import digest
from jobs.models import Job
from jobs.pipelines.job_actions import create_retry
from projects.services.forks import detach_fork, fork_project
from tests.factories import jobs, people, projects
from tests.factories.cast import Cast
from tests.support.token_access import RULES, text
from tokenaccess.access import facts as load
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry
from tokenaccess.policy.levels import Role

EXPIRED = {"expires_at": today()}
SUSPENDED = {"suspended_at": timezone.now()}


def status_at_library(cast: Cast, api: Any) -> int:
    return int(api(job=cast.job_token()).get(f"/projects/{cast.library.pk}/packages").status_code)


def lapse(entry: AllowlistEntry | GroupAllowlistEntry, fields: dict[str, Any]) -> None:
    type(entry)._default_manager.filter(pk=entry.pk).update(**fields)


@pytest.mark.parametrize(("fields", "status"), [({"expires_at": today() + timedelta(days=1)}, 200), (EXPIRED, 404)])
def test_an_entry_admits_until_the_day_on_which_it_expires(
    cast: Cast, api: Any, fields: dict[str, Any], status: int
) -> None:
    lapse(services.add_entry(cast.library, cast.app, by=cast.owner), fields)
    assert status_at_library(cast, api) == status


def test_a_suspended_entry_admits_nobody(cast: Cast, api: Any) -> None:
    entry = services.add_entry(cast.library, cast.acme, by=cast.owner)
    assert status_at_library(cast, api) == 200
    lapse(entry, SUSPENDED)
    assert status_at_library(cast, api) == 404


NARROW: dict[str, Any] = {"default_permissions": False, "permissions": ["read_jobs"]}


@pytest.mark.parametrize("fields", [EXPIRED, SUSPENDED])
def test_where_the_nearest_entry_lapsed_no_other_steps_in(cast: Cast, api: Any, fields: dict[str, Any]) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner, **NARROW)
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    services.add_group_entry(cast.acme, cast.app, by=cast.owner)
    assert status_at_library(cast, api) == 403
    lapse(entry, fields)
    assert status_at_library(cast, api) == 404
    AllowlistEntry.objects.filter(pk=entry.pk).delete()
    assert status_at_library(cast, api) == 200


@pytest.mark.parametrize("fields", [EXPIRED, SUSPENDED])
def test_a_lapsed_entry_of_a_group_bars_those_of_the_groups_above(cast: Cast, api: Any, fields: dict[str, Any]) -> None:
    inner = projects.group("inner", parent=cast.acme, by=cast.owner)
    library = projects.project("library", group=inner, by=cast.owner)
    projects.member(cast.developer, library, Role.DEVELOPER)
    services.add_group_entry(cast.acme, cast.app, by=cast.owner)
    narrow = services.add_group_entry(inner, cast.acme, by=cast.owner, **NARROW)
    ask = lambda: api(job=cast.job_token()).get(f"/projects/{library.pk}/packages").status_code  # noqa: E731
    assert ask() == 403
    lapse(narrow, fields)
    assert ask() == 404


@pytest.mark.parametrize("button", ["suspend", "expire"])
def test_below_a_lock_no_entry_that_lapses_opens_more(cast: Cast, api: Any, button: str) -> None:
    """A maintainer without rights on what is listed suspends the entry that narrows it."""
    far = projects.group("far", by=cast.owner)
    tools = projects.project("tools", group=far, by=cast.owner)
    services.add_entry(cast.library, far, by=cast.owner)
    entry = services.add_entry(cast.library, tools, by=cast.owner, **NARROW)
    services.change_group_rule(cast.acme, by=cast.owner, is_locked=True)
    token = jobs.job_token(tools, cast.developer)
    releases = lambda: api(job=token).get(f"/projects/{cast.library.pk}/releases").status_code  # noqa: E731
    assert releases() == 403
    if button == "suspend":
        address = f"/token_access/projects/{cast.library.pk}/entries/{entry.pk}/suspend"
        assert api(cast.maintainer).post(address, {}).status_code == 200
    else:
        lapse(entry, EXPIRED)
    assert releases() == 404


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (EXPIRED, "Its project's entry on the allowlist of the project it asks for has expired."),
        (SUSPENDED, "Its project's entry on the allowlist of the project it asks for is suspended."),
        ({**EXPIRED, **SUSPENDED}, "Its project's entry on the allowlist of the project it asks for has expired."),
    ],
)
def test_the_reason_tells_expired_from_suspended(cast: Cast, api: Any, fields: dict[str, Any], sentence: str) -> None:
    lapse(services.add_entry(cast.library, cast.app, by=cast.owner), fields)
    asked = {"source": "acme/app", "target": "acme/library", "action": "read_packages", "username": "developer"}
    answer = api(cast.maintainer).post("/token_access/explain", asked).json()
    assert sentence in [step["sentence"] for step in answer["steps"]]
    assert answer["entry"] == "acme/app"


@pytest.mark.parametrize("fields", [EXPIRED, SUSPENDED])
def test_a_lapsed_entry_lets_no_job_of_its_own_project_out(cast: Cast, api: Any, fields: dict[str, Any]) -> None:
    services.limit_access(cast.library, by=cast.owner, inbound=False)
    services.limit_access(cast.app, by=cast.owner, outbound=True)
    entry = services.add_entry(cast.app, cast.library, by=cast.owner, direction="outbound")
    assert status_at_library(cast, api) == 200
    lapse(entry, fields)
    assert status_at_library(cast, api) == 404


def ask_as(api: Any, job: Job, cast: Cast) -> Any:
    return api(job=jobs.token_of(job)).get(f"/projects/{cast.library.pk}/packages")


def test_an_entry_with_conditions_admits_the_jobs_that_meet_them(
    cast: Cast, api: Any, browser: Any, django_assert_num_queries: Any
) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    lapse(entry, {"conditions": {"branches": ["main"], "pipeline_sources": ["schedule"], "no_manual_retries": True}})
    met = jobs.job(cast.app, cast.developer, pipeline=jobs.pipeline(cast.app, cast.developer, source="schedule"))
    pushed = jobs.job(cast.app, cast.developer)
    assert ask_as(api, met, cast).status_code == 200
    token = digest(jobs.token_of(jobs.job(cast.app, cast.developer, pipeline=met.pipeline)))
    with django_assert_num_queries(1):
        found = load.job_facts([token], IdOrPath("id", cast.library.pk))
    assert found
    assert found[1].job_context
    refused = ask_as(api, pushed, cast)
    assert (refused.status_code, refused.json()) == (404, {"message": "404 Project Not Found"})
    shown = text(browser(cast.maintainer).get(f"/-/access_reasons/{refused['X-Access-Reason']}"))
    assert "The allowlist entry admits only jobs of pipelines started by schedule, and this is none." in shown
    job = "This job: branch main · not protected · no environment · pipeline started by push · runner without tags"
    assert f"{job} · taken from an unknown address" in shown


def test_whoever_may_not_see_the_job_does_not_read_what_it_is(cast: Cast, api: Any, browser: Any) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    lapse(entry, {"conditions": {"branches": ["release/*"]}})
    refused = ask_as(api, jobs.job(cast.app, cast.developer), cast)
    keeper = people.person("keeper")
    projects.member(keeper, cast.library, Role.MAINTAINER)
    shown = text(browser(keeper).get(f"/-/access_reasons/{refused['X-Access-Reason']}"))
    assert "The allowlist entry admits only jobs on branches release/*" in shown
    assert "This job:" not in shown


def test_a_fork_stays_one_whatever_becomes_of_the_relation(cast: Cast, api: Any) -> None:
    projects.commit(cast.app, {"README": "x"})
    fork = fork_project(cast.app, group=cast.acme, by=cast.owner, path="copy")
    for source in (cast.app, fork):
        entry = services.add_entry(cast.library, source, by=cast.owner)
        lapse(entry, {"conditions": {"no_forks": True}})
    assert ask_as(api, jobs.job(cast.app, cast.owner), cast).status_code == 200
    assert ask_as(api, jobs.job(fork, cast.owner), cast).status_code == 404
    detach_fork(fork, by=cast.owner)
    assert ask_as(api, jobs.job(fork, cast.owner), cast).status_code == 404


def test_a_job_that_somebody_retried_differs_from_one_that_the_ci_file_retries(cast: Cast, api: Any) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    lapse(entry, {"conditions": {"no_manual_retries": True}})
    failed = jobs.job(cast.app, cast.developer, "failed")
    automatic = create_retry(failed, by=cast.developer, by_hand=False)
    by_hand = create_retry(automatic, by=cast.developer)
    again = create_retry(by_hand, by=cast.developer, by_hand=False)
    for job, status in ((automatic, 200), (by_hand, 404), (again, 404)):
        Job.objects.filter(pk=job.pk).update(status="running")
        assert ask_as(api, job, cast).status_code == status


@pytest.mark.parametrize(("fields", "button"), [(EXPIRED, "Renew acme/app"), (SUSPENDED, "Restore acme/app")])
def test_the_page_of_the_reason_offers_to_revive_the_entry(
    cast: Cast, api: Any, browser: Any, fields: dict[str, Any], button: str
) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    lapse(entry, fields)
    refused = api(job=cast.job_token()).get(f"/projects/{cast.library.pk}/packages")
    page = browser(cast.maintainer)
    shown = text(page.get(f"/-/access_reasons/{refused['X-Access-Reason']}"))
    assert button in shown
    page.post(f"/acme/library/-/settings/ci_cd/token_access/entries/{entry.pk}/{button.split()[0].lower()}")
    assert status_at_library(cast, api) == 200


def test_a_row_names_the_group_whose_entry_its_button_restores(cast: Cast, api: Any, browser: Any) -> None:
    page = browser(cast.owner)
    assert api(job=cast.job_token()).get(f"/projects/{cast.library.pk}/packages").status_code == 404
    entry = services.add_entry(cast.library, cast.acme, by=cast.owner)
    services.suspend_entry(entry, by=cast.maintainer)
    for address in (RULES, f"{RULES}/refusals"):
        row = text(page.get(address)).split("acme/app</a>")[1].split("</tr>")[0]
        assert "</svg>Restore acme </button>" in row, address
    assert 'Restore<span class="visually-hidden"> acme</span>' in text(page.get(RULES)), "of the entry itself"


def test_a_group_s_lock_keeps_what_lapsed_as_it_is(cast: Cast, api: Any) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    services.suspend_entry(entry, by=cast.maintainer)
    services.change_group_rule(cast.acme, by=cast.owner, is_locked=True)
    address = f"/token_access/projects/{cast.library.pk}/entries/{entry.pk}"
    assert api(cast.maintainer).post(f"{address}/restore").status_code == 400
    assert api(cast.maintainer).put(address, {"conditions": {"no_forks": True}}).status_code == 200
