"""From a job that was refused to the change that lets it in; what is asked beforehand; tokens used from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from jobs.models import Job, JobToken, Runner
from tests.browser.conftest import Visit
from tests.factories import jobs, runners
from tests.factories.cast import Cast
from tests.support.client import Api
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import AddressMode

pytestmark = pytest.mark.browser

RULES = "/acme/library/-/settings/ci_cd/token_access"
HERE, ELSEWHERE = "192.0.2.10", "203.0.113.9"


def test_a_refusal_is_opened_from_its_job_and_mended(cast: Cast, visit: Callable[..., Visit]) -> None:
    token = cast.job_token()
    releases = f"/projects/{cast.library.pk}/releases"
    assert Api(job=token).get(releases).status_code == 404
    page = visit(cast.maintainer, java_script_enabled=False).goto(f"/acme/app/-/jobs/{Job.objects.get().pk}")
    expect(page.get_by_text("1 request of this job was refused")).to_be_visible()
    page.get_by_role("link", name="Explain").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Why a job was refused")
    expect(page.get_by_text("Refused Its project is not on the allowlist")).to_be_visible()
    page.get_by_role("button", name="Add acme/app to the list of acme/library").click()
    assert AllowlistEntry.objects.get().target_project == cast.app
    assert Api(job=token).get(releases).status_code == 200


def test_a_maintainer_asks_beforehand_whether_a_job_may(cast: Cast, visit: Callable[..., Visit]) -> None:
    page = visit(cast.maintainer).goto(f"{RULES}/explain")
    answer = page.get_by_role("region", name="Answer")
    page.get_by_label("A job of the project").fill("acme/app")
    page.get_by_label("Started by").fill("developer")
    page.get_by_label("Wants to").select_option("read_packages")
    page.get_by_role("button", name="Explain").click()
    expect(answer).to_contain_text("Refused Its project is not on the allowlist")
    services.add_entry(cast.library, cast.app, by=cast.owner)
    page.get_by_role("button", name="Explain").click()
    expect(answer).not_to_contain_text("Refused")


def test_a_token_used_from_elsewhere_is_seen_and_refused(cast: Cast, visit: Callable[..., Visit]) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    runners.runner(cast.app)
    job = jobs.job(cast.app, cast.developer, runner=Runner.objects.get())
    token = jobs.token_of(job)
    JobToken.objects.update(taken_from=HERE)
    releases = f"/projects/{cast.library.pk}/releases"
    assert Api(job=token).get(releases, REMOTE_ADDR=ELSEWHERE).status_code == 200
    seen = visit(cast.maintainer)
    page = seen.goto(f"/acme/app/-/jobs/{job.pk}")
    expect(page.get_by_text(f"Its token was used from {ELSEWHERE}.")).to_be_visible()
    page = seen.goto(RULES)
    panel = page.get_by_role("region", name="Tokens used from elsewhere")
    panel.get_by_role("button", name="Put them on trial").click()
    panel.get_by_role("button", name="Refuse them").click()
    expect(page.get_by_text("job would have been refused.")).to_be_visible()
    page.get_by_role("button", name="Refuse them").click()
    expect(page.get_by_text("Job tokens that are used from elsewhere are refused now.")).to_be_visible()
    assert settings_of(cast.library).address_mode == AddressMode.REFUSE
    assert Api(job=token).get(releases, REMOTE_ADDR=ELSEWHERE).status_code == 403
