"""The pages of Terraform states in a browser: sound in both themes and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from resources.terraform_states.models import TerraformState
from tests.browser.conftest import Visit
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.client import Api

pytestmark = pytest.mark.browser

LIST = "/acme/library/-/terraform"
RESOURCES = (
    b'[{"type": "aws_instance", "name": "web", "instances": [{"index_key": "%s", "attributes": {"ami": "%s"}}]}]'
)
BEFORE, AFTER = (
    b'{"version": 4, "serial": %d, "terraform_version": "1.11.4", "resources": %s}' % (serial, resources)
    for serial, resources in ((1, RESOURCES % (b"eu", b"a")), (2, RESOURCES % (b"a-long-key-" * 15, b"b")))
)
FIELDS = ("Operation", "Info", "Version", "Created", "Path")


@pytest.fixture
def state(cast: Cast) -> TerraformState:
    address = f"/projects/{cast.library.pk}/terraform/state/{'eu-west-production-' * 12}"
    api = Api(token=token_for(cast.maintainer))
    job = Api(job=cast.job_token(cast.library, cast.maintainer))
    assert api.post(address, BEFORE).status_code == 200
    assert job.post(address, AFTER).status_code == 200
    lock = {"ID": "2b6a6738-5dd5-50d6-c0ae-f6352977666b", "Who": "me@" + "here" * 50}
    assert job.post(f"{address}/lock", lock | dict.fromkeys(FIELDS, "OperationTypeApply")).status_code == 200
    return TerraformState.objects.get()


def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    cast: Cast, state: TerraformState, visit: Callable[..., Visit]
) -> None:
    at = f"{LIST}/{state.pk}"
    seen = visit(cast.maintainer)
    changes = [f"{at}/{word}" for word in ("unlock", "delete", "versions/1/restore", "versions/2/delete")]
    assert seen.problems(LIST, at, f"{at}/compare", *changes) == []


def test_a_lock_is_taken_away_and_a_version_restored(
    cast: Cast, state: TerraformState, visit: Callable[..., Visit]
) -> None:
    page = visit(cast.maintainer).goto(f"{LIST}/{state.pk}")
    page.get_by_role("link", name="Unlock").click()
    page.get_by_role("button", name="Unlock").click()
    expect(page.get_by_text("unlocked.")).to_be_visible()
    page.get_by_role("link", name="Restore 1").click()
    page.get_by_role("button", name="Restore version").click()
    expect(page.get_by_text("Version 1 is current again.")).to_be_visible()
