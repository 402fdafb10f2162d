"""Tokens used from elsewhere are refused only after a trial, which names the jobs that would be refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from jobs.models import Job, JobToken, Runner
from tests.factories import jobs, projects, runners
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.token_access import RULES, refuse_elsewhere, text
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import RefusalRecord
from tokenaccess.policy.levels import AddressMode, Visibility

HERE, ELSEWHERE = "192.0.2.10", "203.0.113.9"
FIRST = "Job tokens used from elsewhere are refused only after a trial: put them on trial first"


@pytest.fixture
def token(cast: Cast) -> str:
    """Of a job of acme/app that a runner took from HERE; acme/library admits it, and tries to refuse uses from
    elsewhere."""
    services.add_entry(cast.library, cast.app, by=cast.owner)
    services.set_address_mode(cast.library, AddressMode.TRIAL, by=cast.owner)
    runners.runner(cast.app)
    return take_job(cast)


def take_job(cast: Cast) -> str:
    secret = jobs.token_of(jobs.job(cast.app, cast.developer, runner=Runner.objects.get()))
    JobToken.objects.update(taken_from=HERE)
    return secret


def releases(cast: Cast, token: str, address: str) -> None:
    answer = Api(job=token).get(f"/projects/{cast.library.pk}/releases", REMOTE_ADDR=address)
    assert answer.status_code == 200


def test_refusing_takes_a_trial_before_it_on_page_and_api(cast: Cast, page: Client, api: Any) -> None:
    with pytest.raises(TokenAccessError, match=FIRST):
        services.set_address_mode(cast.library, AddressMode.REFUSE, by=cast.owner)
    assert FIRST in text(page.post(f"{RULES}/addresses", {"mode": "refuse", "confirmed": "1"}, follow=True))
    path = f"/token_access/projects/{cast.library.pk}/address_check"
    refused = api(cast.maintainer).put(path, {"mode": "refuse"})
    assert (refused.status_code, FIRST in refused.content.decode()) == (400, True)
    assert settings_of(cast.library).address_mode == AddressMode.OFF
    assert api(cast.maintainer).put(path, {"mode": "trial"}).status_code == 200
    assert api(cast.maintainer).put(path, {"mode": "refuse"}).json()["mode"] == "refuse"


def test_the_trial_names_the_jobs_that_would_be_refused(cast: Cast, token: str, page: Client, api: Any) -> None:
    releases(cast, token, HERE)
    releases(cast, take_job(cast), HERE)
    assert "None would have been refused." in text(page.get(f"{RULES}/trial"))
    for _ in range(2):
        releases(cast, token, ELSEWHERE)
    job = Job.objects.earliest("pk").pk
    shown = text(page.get(f"{RULES}/trial?days=30"))
    assert "In the last 30 days 1 of 2 jobs used their tokens elsewhere (50 %). 1 job would have been refused." in shown
    assert f'<a href="/acme/app/-/jobs/{job}">#{job}</a>' in shown
    assert f"<code>{ELSEWHERE}</code>" in shown
    assert "Which jobs would be refused" in text(page.get(RULES))
    report = api(cast.maintainer).get(f"/token_access/projects/{cast.library.pk}/trial?days=400").json()
    found = report["addresses"]
    refused = found.pop("refused")
    assert found == {"mode": "trial", "jobs": 2, "elsewhere": 1, "would_be_refused": 1, "hidden": 0}
    assert [(one["job_id"], one["project_path"], one["count"], one["addresses"]) for one in refused] == [
        (job, "acme/app", 2, [ELSEWHERE])
    ]
    assert report["would_be_refused"] == 0
    own = api(cast.maintainer).get(f"/token_access/projects/{cast.app.pk}/trial").json()["addresses"]
    assert (own["mode"], own["would_be_refused"]) == ("off", 1)


def test_a_job_of_a_hidden_project_is_counted_and_not_named(cast: Cast, token: str, api: Any) -> None:
    secret = projects.project("secret", group=projects.group("far", visibility=Visibility.PRIVATE))
    releases(cast, token, ELSEWHERE)
    RefusalRecord.trials.update(origin_project=secret)
    found = api(cast.maintainer).get(f"/token_access/projects/{cast.library.pk}/trial").json()["addresses"]
    assert (found["would_be_refused"], found["hidden"], found["refused"]) == (1, 1, [])


def test_what_is_refused_is_no_part_of_a_trial(cast: Cast, token: str, page: Client) -> None:
    refuse_elsewhere(cast.library, cast.owner)
    Api(job=token).get(f"/projects/{cast.library.pk}/releases", REMOTE_ADDR=ELSEWHERE)
    shown = text(page.get(f"{RULES}/trial"))
    assert "would have been refused" not in shown
    assert ">Refused</span>" in shown
