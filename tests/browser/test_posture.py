"""The posture report, and the warnings of tokens used from elsewhere, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from identity.models import today
from jobs.models import JobToken, Runner, RunnerManager, Schedule
from tests.browser.conftest import Visit
from tests.factories import jobs, runners
from tests.factories.cast import Cast
from tests.support.client import Api
from tokenaccess.models import AllowlistEntry, TokenAccessSettings
from tokenaccess.policy.levels import InboundMode
from tokenaccess.posture.acceptances import accept
from tokenaccess.posture.report import find
from tokenaccess.posture.scope import Scope

pytestmark = pytest.mark.browser

RULES = "/acme/library/-/settings/ci_cd/token_access"
POSTURE = f"{RULES}/posture"


def test_a_finding_is_understood_mended_and_accepted(cast: Cast, visit: Callable[..., Visit]) -> None:
    job = _leaky_world(cast)
    seen = visit(cast.maintainer)
    entry = AllowlistEntry.objects.get()
    accept_page = f"{POSTURE}/accept?check=entry_without_end&subject={entry.pk}"
    runner = f"/acme/library/-/settings/ci_cd/runners/{Runner.objects.get().pk}"
    log = f"{RULES}/log"
    assert not seen.problems(POSTURE, f"{POSTURE}?accepted=yes", accept_page, f"/acme/app/-/jobs/{job}", runner, log)
    page = seen.goto(POSTURE)
    page.get_by_role("button", name="Start a trial acme/library").first.click()
    expect(page.get_by_role("heading", name="Put the limit of acme/library on trial?")).to_be_visible()
    assert not seen.problems_here()
    page.get_by_role("button", name="Start a trial").click()
    expect(page.get_by_text("Done: acme/library.")).to_be_visible()
    expect(page.get_by_role("table").get_by_text("Open to jobs of all projects")).to_have_count(0)
    page.goto(f"{seen.address}{accept_page}")
    page.get_by_label("Reason").fill("Reviewed every quarter")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("Accepted: acme/app on the list of acme/library.")).to_be_visible()


def _leaky_world(cast: Cast) -> int:
    """The number of a job whose token is used from elsewhere."""
    TokenAccessSettings.objects.create(project=cast.library, inbound_mode=InboundMode.OPEN)
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app)
    AllowlistEntry.objects.update(created_at=timezone.now() - timedelta(days=60))
    Schedule.objects.create(
        project=cast.library, owner=cast.maintainer, description="nightly build", ref="feature", cron="0 1 * * *"
    )
    runners.runner(cast.library)
    runner = Runner.objects.get()
    runner.projects.add(cast.app)
    RunnerManager.objects.create(runner=runner, system_id="s_1", info={"executor": "shell"}, address="192.0.2.10")
    job = jobs.job(cast.app, cast.developer, runner=runner)
    token = jobs.token_of(job)
    JobToken.objects.update(taken_from="192.0.2.10")
    Api(job=token).get(f"/projects/{cast.library.pk}/releases", REMOTE_ADDR="203.0.113.9")
    found = find(Scope(cast.library), "unused_entry", AllowlistEntry.objects.get().pk)
    if found is not None:
        accept(
            *found, reason="Needed for the release next month", until=today() + timedelta(days=30), by=cast.maintainer
        )
    return job.pk
