"""Tokens without an end: whose they are, and who reads of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from audit.models import AuditEvent
from identity.services.tokens import create_token
from jobs.models import Runner
from tests.factories.cast import Cast
from tests.support.posture import endless_personal_token, endless_runner_token, findings
from tests.support.token_access import text

PAGE = "/-/posture"


def test_personal_tokens_are_for_those_who_see_the_instance(cast: Cast, api: Any) -> None:
    endless_personal_token(cast)
    create_token(user=cast.owner, name="for the owner", scopes=["api"], by=cast.admin, impersonation=True)
    assert findings(None)["endless_personal_token"] == [
        "Personal token “laptop” of developer",
        "Impersonation token “for the owner” of owner",
    ]
    for place in (cast.library, cast.acme):
        assert "endless_personal_token" not in findings(place)
    assert api(cast.owner).get("/token_access/instance/posture").status_code == 403


def test_a_token_with_an_end_or_of_a_blocked_user_is_no_finding(cast: Cast) -> None:
    endless_personal_token(cast)
    token = cast.developer.personal_tokens.get()
    token.expires_at = timezone.now().date() + timedelta(days=400)
    token.save()
    assert "endless_personal_token" not in findings(None)
    token.expires_at = None
    token.save()
    cast.developer.is_active = False
    cast.developer.save()
    assert "endless_personal_token" not in findings(None)


def test_a_runner_without_a_description_is_named_by_its_number_and_project(cast: Cast, settings: Any) -> None:
    settings.RUNNER_TOKEN_DAYS = 0
    endless_runner_token(cast)
    Runner.objects.update(description="")
    assert findings(None)["endless_runner_token"] == [f"Runner #{Runner.objects.get().pk}, of acme/library"]


def test_a_runner_token_gets_an_end_that_the_instance_chose(cast: Cast, browser: Any, settings: Any) -> None:
    settings.RUNNER_TOKEN_DAYS = 0
    endless_runner_token(cast)
    settings.RUNNER_TOKEN_DAYS = 30
    runner = Runner.objects.get()
    key = {"check": "endless_runner_token", "subject": runner.pk}
    asked = text(browser(cast.maintainer).post("/acme/library/-/settings/ci_cd/token_access/posture/fix", key))
    assert "Set an end for the token of this runner?" in asked
    assert "days until the token expires." in asked
    browser(cast.admin).post(f"{PAGE}/fix", {**key, "confirmed": "1"})
    runner.refresh_from_db()
    assert runner.token_expires_at is not None
    assert (runner.token_expires_at - timezone.now()).days in {29, 30}
    assert "endless_runner_token" not in findings(None)
    assert AuditEvent.objects.filter(message__endswith="was given an end for its token").exists()
    shown = text(browser(cast.maintainer).get("/acme/library/-/audit_events"))
    assert "given an end for its token" in shown
