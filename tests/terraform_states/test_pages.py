"""The pages of Terraform states, as people with a browser see them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from audit.models import AuditEvent
from jobs.models import Job
from resources.terraform_states.models import StateVersion, TerraformState
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.browsing import browser, page
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Role

LIST = "/acme/library/-/terraform"
BIG = "12345678901234567890.50"


def content(serial: int, words: str = "x") -> bytes:
    text = f'{{"version": 4, "nested": {{"serial": 7}}, "exact": {BIG},\n "serial" : {serial}, "words": "{words}"}}'
    return text.encode()


def lock(key: str) -> dict[str, str]:
    fields = ("Operation", "Info", "Version", "Created", "Path")
    return {"ID": key, "Who": "me@<here>", **dict.fromkeys(fields, "OperationTypeApply")}


@pytest.fixture
def state(cast: Cast, api: Any) -> TerraformState:
    """Of two versions: the first by the maintainer, the second by a job of theirs."""
    address = f"/projects/{cast.library.pk}/terraform/state/production"
    assert api(cast.maintainer).post(address, content(1, "first")).status_code == 200
    job = api(job=cast.job_token(cast.library, cast.maintainer))
    assert job.post(address, content(2, "second")).status_code == 200
    return TerraformState.objects.get()


@pytest.fixture
def locked_state(cast: Cast, api: Any, state: TerraformState) -> TerraformState:
    address = f"/projects/{cast.library.pk}/terraform/state/production/lock"
    assert api(cast.maintainer).post(address, lock("first-lock")).status_code == 200
    state.refresh_from_db()
    return state


def test_the_list_shows_states_and_who_holds_their_locks(cast: Cast, locked_state: TerraformState):
    words = page(browser(cast.developer), LIST)
    assert f'href="{LIST}/{locked_state.pk}"' in words
    assert "Locked" in words
    assert cast.maintainer.get_full_name() in words
    assert "TF_HTTP_ADDRESS" not in words
    assert "No matching states." in page(browser(cast.developer), f"{LIST}?q=other")


def test_an_empty_list_says_how_to_begin(cast: Cast):
    words = page(browser(cast.maintainer), LIST).replace("<wbr>", "")
    assert "No Terraform states yet." in words
    assert "TF_HTTP_LOCK_ADDRESS: $CI_API_V4_URL/projects/$CI_PROJECT_ID/terraform/state/production/lock" in words


def test_a_state_shows_its_versions_with_who_wrote_them(cast: Cast, state: TerraformState):
    words = page(browser(cast.developer), f"{LIST}/{state.pk}")
    job = Job.objects.get()
    assert f'href="/acme/library/-/jobs/{job.pk}"' in words
    assert cast.maintainer.get_full_name() in words
    assert all(version.sha256 in words for version in StateVersion.objects.all())
    assert "/restore" not in words
    assert "/delete" not in words


def test_a_version_is_downloaded_by_its_link(cast: Cast, state: TerraformState):
    path = state.versions.get(serial=1).download_path
    client = browser(cast.developer)
    assert f'href="{path}"' in page(client, f"{LIST}/{state.pk}")
    answer = client.get(path)
    assert answer.content == content(1, "first")
    assert answer["Content-Disposition"] == 'attachment; filename="1.tfstate"'


def test_a_job_that_the_reader_may_not_see_is_not_named(cast: Cast, api: Any):
    hidden = projects.project("hidden", group=projects.group("far", by=cast.owner), by=cast.owner)
    projects.member(cast.maintainer, hidden, Role.DEVELOPER)
    AllowlistEntry.objects.create(project=cast.library, target_project=hidden, direction="inbound")
    client = api(job=cast.job_token(hidden, cast.maintainer))
    assert client.post(f"/projects/{cast.library.pk}/terraform/state/a", content(1)).status_code == 200
    words = page(browser(cast.developer), f"{LIST}/{TerraformState.objects.get().pk}")
    assert "a job of a project you cannot see" in words
    assert "far/hidden" not in words
    assert "far/hidden" in page(browser(cast.maintainer), f"{LIST}/{TerraformState.objects.get().pk}")


def test_an_old_version_becomes_current_again(cast: Cast, state: TerraformState, api: Any):
    client, address = browser(cast.maintainer), f"{LIST}/{state.pk}/versions/1/restore"
    assert "under the next serial" in page(client, address)
    assert "Version 1 is current again." in client.post(address, follow=True).content.decode()
    current = api(cast.maintainer).get(f"/projects/{cast.library.pk}/terraform/state/production").content
    assert current == content(3, "first")
    assert AuditEvent.objects.filter(event="terraform_state_restored").count() == 1


# --- Comparing --------------------------------------------------------------------------------------------------------


def resource(name: str, *instances: dict[str, Any], **details: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": "aws_db", "name": name, "instances": list(instances), **details}


def whole_state(serial: int, *resources: dict[str, Any], **details: Any) -> bytes:
    return orjson.dumps({"version": 4, "serial": serial, "lineage": "one", "resources": resources, **details})


@pytest.fixture
def changing(cast: Cast, api: Any) -> str:
    """The page that compares two versions of a state with secrets in it."""
    secret = {"password": "hunter1-before", "size": 1}
    old = [resource("main", {"attributes": secret}), resource("gone", {"attributes": {}})]
    new = [
        resource("main", {"attributes": {**secret, "password": "hunter2-after"}}),
        resource("many", {"index_key": "eu", "attributes": {}}, module="module.net"),
        resource("read", {"attributes": {}}, mode="data"),
    ]
    address = f"/projects/{cast.library.pk}/terraform/state/production"
    for body in (whole_state(1, *old), whole_state(2, *new, outputs={"url": {"value": "https://hunter3"}})):
        assert api(cast.maintainer).post(address, body).status_code == 200
    return f"{LIST}/{TerraformState.objects.get().pk}/compare"


def names_in(words: str) -> str:
    return words.replace("<wbr>", "")


def test_two_versions_are_compared_by_name_and_no_value_is_shown(cast: Cast, changing: str):
    words = names_in(page(browser(cast.developer), changing))
    assert "From version 1 to 2" in words
    assert "Resources: 2 added, 1 changed, 1 removed" in words
    for name in ("aws_db.main", "aws_db.gone", "module.net.aws_db.many[&quot;eu&quot;]", "data.aws_db.read", "url"):
        assert f">{name}<" in words
    assert ">password<" in words
    assert ">size<" not in words
    assert "hunter" not in words


def test_any_two_versions_are_compared_in_either_direction(cast: Cast, changing: str):
    client = browser(cast.developer)
    assert "Resources: 1 added, 1 changed, 2 removed" in page(client, f"{changing}?from=2&to=1")
    assert "No resource and no output differs." in page(client, f"{changing}?from=2&to=2")
    for query in ("from=3", "to=x", "to=-1", f"from={2**70}"):
        assert client.get(f"{changing}?{query}").status_code == 404


def test_states_of_another_origin_are_said_to_be(cast: Cast, api: Any, changing: str):
    address = f"/projects/{cast.library.pk}/terraform/state/production"
    assert api(cast.maintainer).post(address, whole_state(3, lineage="two")).status_code == 200
    assert "The two do not belong together" in page(browser(cast.developer), changing)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"serial": 3, "version": 3}', "Only states of Terraform 0.12 or newer"),
        (whole_state(3, resources=[1]), "not laid out as terraform writes it"),
        (whole_state(3, resource("x", {"attributes": [1]})), "not laid out as terraform writes it"),
        (whole_state(3, outputs=[]), "Resources: 0 added, 0 changed, 3 removed"),
    ],
)
def test_what_is_no_state_of_terraform_is_not_compared(cast: Cast, api: Any, changing: str, body: bytes, words: str):
    address = f"/projects/{cast.library.pk}/terraform/state/production"
    assert api(cast.maintainer).post(address, body).status_code == 200
    assert words in page(browser(cast.developer), changing)


def test_who_may_not_read_states_does_not_compare_them(cast: Cast, changing: str):
    assert browser(cast.reporter).get(changing).status_code == 403
    assert browser(cast.outsider).get(changing).status_code == 404


# --- Changes ----------------------------------------------------------------------------------------------------------


def test_a_lock_is_taken_away_after_a_question(cast: Cast, locked_state: TerraformState):
    client, address = browser(cast.maintainer), f"{LIST}/{locked_state.pk}/unlock"
    words = page(client, address)
    assert "me@&lt;here&gt;" in words
    assert "loses track" in words
    assert "production unlocked." in client.post(address, {"lock": "first-lock"}, follow=True).content.decode()
    assert not TerraformState.objects.get().is_locked
    assert AuditEvent.objects.filter(event="terraform_state_unlocked").count() == 1
    assert client.get(address).status_code == 404


def test_only_the_lock_that_was_asked_about_is_taken_away(cast: Cast, locked_state: TerraformState):
    address = f"{LIST}/{locked_state.pk}/unlock"
    words = browser(cast.maintainer).post(address, {"lock": "an earlier one"}, follow=True).content.decode()
    assert "The lock has changed meanwhile." in words
    assert TerraformState.objects.get().is_locked


def test_a_version_and_a_state_are_deleted_after_a_question(cast: Cast, state: TerraformState):
    client, at = browser(cast.maintainer), f"{LIST}/{state.pk}"
    assert "It is the current one" in page(client, f"{at}/versions/2/delete")
    assert "Version 2 deleted." in client.post(f"{at}/versions/2/delete", follow=True).content.decode()
    assert "<dt>1</dt><dd><strong>version is deleted." in page(client, f"{at}/delete")
    assert "production deleted." in client.post(f"{at}/delete", follow=True).content.decode()
    assert not TerraformState.objects.exists()


def test_a_locked_state_is_left_as_it_is(cast: Cast, locked_state: TerraformState):
    client, at = browser(cast.maintainer), f"{LIST}/{locked_state.pk}"
    assert "/restore" not in page(client, at)
    for address in (f"{at}/delete", f"{at}/versions/1/delete", f"{at}/versions/1/restore"):
        assert "The state is locked." in client.post(address, follow=True).content.decode()
    assert StateVersion.objects.count() == 2


def test_developers_only_look(cast: Cast, state: TerraformState):
    client, at = browser(cast.developer), f"{LIST}/{state.pk}"
    for address in ("unlock", "delete", "versions/1/delete", "versions/1/restore"):
        assert client.get(f"{at}/{address}").status_code == 403
        assert client.post(f"{at}/{address}").status_code == 403
    assert browser(cast.reporter).get(LIST).status_code == 403
    assert browser(cast.outsider).get(LIST).status_code == 404
    assert browser().get(LIST).status_code == 302


def test_who_deletes_the_project_sees_its_states(cast: Cast, state: TerraformState):
    words = page(browser(cast.owner), "/acme/library/-/settings/delete")
    assert "Terraform state is deleted." in words


def test_administrators_delete_what_is_not_locked(cast: Cast, locked_state: TerraformState):
    client, address = browser(cast.admin), f"/admin/terraform_states/terraformstate/{locked_state.pk}"
    assert "first-lock" in page(client, f"{address}/change/")
    assert "is locked" in client.post(f"{address}/delete/", {"post": "yes"}, follow=True).content.decode()
    TerraformState.objects.update(lock_id="")
    client.post(f"{address}/delete/", {"post": "yes"})
    assert not TerraformState.objects.exists()
