"""The start page of the administration."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from config.administration.dashboard import WIDEST
from jobs.models import Runner, TriggerToken
from tests.factories import jobs, people, runners
from tests.factories.cast import Cast
from tokenaccess.allowlist import services
from tokenaccess.models import RefusalRecord
from tokenaccess.policy.levels import InboundMode, Role
from tokens.models import DeployToken
from tokens.services.access_tokens import create_access_token


@pytest.fixture
def desk(cast: Cast, client: Client) -> Client:
    cache.delete(WIDEST)
    client.force_login(cast.admin)
    return client


def page(desk: Client) -> str:
    answer = desk.get("/admin/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_admin_start_page_shows_the_state_of_the_instance(cast: Cast, desk: Client) -> None:
    shown = page(desk)
    assert "On: limits are enforced" in shown
    assert "Open: each project decides" in shown
    assert "0 requests of 0 jobs since midnight (UTC)" in shown
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
        "7 requests of 2 jobs since midnight (UTC)",
        "1 running job (token valid)",
        "1 within a week",
        "Feature switch ci_scoped_job_token was turned off",
    ):
        assert words in shown


KINDS = ("Personal", "Access", "Deploy", "Trigger", "Runner")


def tokens(cast: Cast, moment: datetime) -> None:
    """One of each kind that ends then."""
    day = moment.date()
    people.token_for(cast.developer, expires_at=day)
    create_access_token(
        cast.library, by=cast.maintainer, by_role=Role.MAINTAINER, name="robot", scopes=["read_api"], expires_at=day
    )
    DeployToken.objects.create(project=cast.library, name="m", username="m", digest="d", expires_at=moment)
    TriggerToken.objects.create(
        project=cast.library, owner=cast.maintainer, description="cd", short="abcd", digest="t", expires_at=moment
    )
    runners.runner(cast.library)
    Runner.objects.update(token_expires_at=moment)


@pytest.mark.parametrize(("days", "count"), [(3, 1), (30, 0)])
def test_each_kind_of_token_that_ends_soon_is_counted_and_listed(
    cast: Cast, desk: Client, days: int, count: int
) -> None:
    tokens(cast, timezone.now() + timedelta(days=days))
    facts = {fact.name: fact for fact in desk.get("/admin/").context["facts"]}
    for kind in KINDS:
        fact = facts[f"{kind} tokens expiring soon"]
        assert fact.text == f"{count} within a week", kind
        listed = desk.get(fact.url)
        assert listed.context["cl"].result_count == count, kind


def test_the_refused_requests_of_today_are_listed(cast: Cast, desk: Client) -> None:
    now = timezone.now()
    for job, at in ((1, now), (2, now - timedelta(days=2))):
        RefusalRecord.objects.create(
            origin_project=cast.app, job_id=job, action="x", rule="admitted", count=4, first_at=at, last_at=at
        )
    fact = next(fact for fact in desk.get("/admin/").context["facts"] if fact.name == "Refused")
    assert fact.text == "4 requests of 1 job since midnight (UTC)"
    assert desk.get(fact.url).context["cl"].result_count == 1


def test_the_widest_access_is_named_for_administrators(cast: Cast, desk: Client, client: Client) -> None:
    services.set_inbound_mode(cast.app, InboundMode.OPEN, by=cast.owner)
    services.add_entry(cast.library, cast.app, by=cast.owner)
    found = [(fact.name, fact.text) for fact in desk.get("/admin/").context["widest"]]
    assert found == [("acme/app", "Open to jobs of all projects"), ("acme/library", "1 project has access")]
    cast.outsider.staff_role = "viewer"
    cast.outsider.is_staff = True
    cast.outsider.save()
    client.force_login(cast.outsider)
    assert "acme/library" not in client.get("/admin/").content.decode().split("Latest changes")[0]


def test_every_line_of_the_start_page_leads_to_a_page(desk: Client) -> None:
    for fact in desk.get("/admin/").context["facts"] + desk.get("/admin/").context["widest"]:
        assert desk.get(fact.url, follow=True).status_code == 200


def test_the_admin_start_page_is_for_administrators(cast: Cast, client: Client) -> None:
    client.force_login(cast.owner)
    assert client.get("/admin/", follow=True).status_code == 403
