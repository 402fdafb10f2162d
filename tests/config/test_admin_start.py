"""The start page of the administration."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import jobs, people
from tests.factories.cast import Cast
from tokenaccess.allowlist import services
from tokenaccess.models import RefusalRecord


@pytest.fixture
def desk(cast: Cast, client: Client) -> Client:
    client.force_login(cast.admin)
    return client


def page(desk: Client) -> str:
    answer = desk.get("/admin/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_admin_start_page_shows_the_state_of_the_instance(cast: Cast, desk: Client) -> None:
    shown = page(desk)
    assert "On: limits are enforced" in shown
    assert "Off: each project decides" in shown
    assert "0 jobs since midnight (UTC)" in shown
    jobs.job(cast.app, cast.developer)
    people.token_for(cast.developer, expires_at=(timezone.now() + timedelta(days=3)).date())
    now = timezone.now()
    for count, rule, job in ((5, "admitted", 1), (1, "entitled", 1), (1, "admitted", 2)):
        RefusalRecord.objects.create(
            origin_project=cast.app, job_id=job, action="x", rule=rule, count=count, first_at=now, last_at=now
        )
    services.set_feature_switch("ci_scoped_job_token", active=False, by=cast.admin)
    services.change_instance_settings(by=cast.admin, enforce_inbound=True)
    shown = page(desk)
    for words in (
        "Off: no limit is enforced",
        "On for all projects",
        "2 jobs since midnight (UTC)",
        "1 running job (token valid)",
        "1 within a week",
        "Feature switch ci_scoped_job_token was turned off",
    ):
        assert words in shown


def test_every_line_of_the_start_page_leads_to_a_page(desk: Client) -> None:
    for fact in desk.get("/admin/").context["facts"]:
        assert desk.get(fact.url, follow=True).status_code == 200


def test_the_admin_start_page_is_for_administrators(cast: Cast, client: Client) -> None:
    client.force_login(cast.owner)
    assert client.get("/admin/", follow=True).status_code == 403
