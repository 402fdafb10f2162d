"""The page Tokens of a project, a group and the instance."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from identity.models import PersonalToken, today
from identity.secrets import digest
from jobs.models import RegistrationToken, Runner
from tests.factories import people, projects, runners
from tests.factories.cast import Cast
from tests.support.client import Api
from tokenaccess.models import InstanceSettings
from tokens.models import DeployToken

PROJECT = "/acme/library/-/settings/access_tokens"
SECRET = re.compile(r"gl(?:pat|dt)-[0-9A-Za-z]{40,}")


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.fixture
def maintainer(client: Client, cast: Cast) -> Client:
    client.force_login(cast.maintainer)
    return client


def make(client: Client, address: str, kind: str, **fields: Any) -> Any:
    values = {f"{kind}-{name}": value for name, value in fields.items()}
    return client.post(address, {"kind": kind, **values})


def test_tokens_are_made_shown_once_and_revoked(maintainer: Client, cast: Cast) -> None:
    access = make(maintainer, PROJECT, "access", name="robot", role=30, scopes=["api"])
    deploy = make(maintainer, PROJECT, "deploy", name="fetcher", scopes=["read_repository"], expires_at=str(today()))
    secrets = [SECRET.search(answer.content.decode()) for answer in (access, deploy)]
    assert all(secrets)
    page = read(maintainer, PROJECT)
    assert "robot" in page
    assert "fetcher" in page
    assert not SECRET.search(page)
    assert "1 token ends within a week" in page
    for slug, token in (("personal", PersonalToken.objects.get()), ("deploy", DeployToken.objects.get())):
        address = f"{PROJECT}/{slug}/{token.pk}/revoke"
        assert token.name in read(maintainer, address)
        assert maintainer.post(address).status_code == 302
        token.refresh_from_db()
        assert token.revoked
        assert maintainer.post(address).status_code == 404


def test_a_wrong_form_says_what_is_wrong(maintainer: Client, cast: Cast) -> None:
    for answer in (
        make(maintainer, PROJECT, "access", name="robot", role=50, scopes=["api"]),
        make(maintainer, PROJECT, "access", name="robot", role=30),
        make(maintainer, PROJECT, "deploy", name="x", scopes=["read_repository"], username="a b"),
        make(maintainer, PROJECT, "deploy", name="x", scopes=["read_repository"], expires_at="2001-01-01"),
    ):
        assert answer.status_code == 422
    assert "kind does not have a valid value" in maintainer.post(PROJECT, {"kind": "spare"}).content.decode()
    assert not PersonalToken.objects.exists()
    assert not DeployToken.objects.exists()


def test_triggers_runners_and_registration_tokens_are_listed(maintainer: Client, cast: Cast, api: Any) -> None:
    InstanceSettings.objects.create(allow_runner_registration_token=True)
    place = f"/projects/{cast.library.pk}"
    api(cast.maintainer).post(f"{place}/triggers", {"description": "nightly"})
    api(cast.maintainer).post(f"{place}/runners/reset_registration_token")
    runners.runner(cast.library, description="builder").take()
    page = read(maintainer, PROJECT)
    for words in ("Trigger token", "nightly", "Registration token", "Runner token", "builder", "127.0.0.1"):
        assert words in page


def test_whoever_revokes_a_registration_token_is_recorded(maintainer: Client, cast: Cast, api: Any) -> None:
    InstanceSettings.objects.create(allow_runner_registration_token=True)
    api(cast.maintainer).post(f"/projects/{cast.library.pk}/runners/reset_registration_token")
    maintainer.post(f"{PROJECT}/runner-registration/{RegistrationToken.objects.get().pk}/revoke")
    assert not RegistrationToken.objects.exists()
    event = AuditEvent.objects.get(event="runner_registration_token_revoked")
    assert (event.actor_name, event.message) == ("maintainer", "The registration token of acme/library was revoked")


def test_a_runner_that_serves_others_too_keeps_its_token(maintainer: Client, cast: Cast) -> None:
    runners.runner(cast.library)
    shared = Runner.objects.get()
    elsewhere = projects.project("elsewhere", group=projects.group("elsewhere"))
    shared.projects.add(elsewhere)
    address = f"{PROJECT}/runner/{shared.pk}/revoke"
    assert "also serves projects" in maintainer.post(address, follow=True).content.decode()
    assert Runner.objects.get().digest == shared.digest
    shared.projects.remove(elsewhere)
    maintainer.post(address)
    assert Runner.objects.get().digest != shared.digest


def test_others_do_not_see_the_page(client: Client, cast: Cast) -> None:
    client.force_login(cast.developer)
    assert client.get(PROJECT).status_code == 403
    client.force_login(cast.outsider)
    assert client.get(PROJECT).status_code == 404
    client.force_login(cast.maintainer)
    assert client.get("/groups/acme/-/settings/access_tokens").status_code in {403, 404}
    assert client.get("/-/tokens").status_code == 403


def test_a_group_has_the_page_of_access_tokens(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    address = "/groups/acme/-/settings/access_tokens"
    assert "No tokens yet" in read(client, address)
    assert SECRET.search(make(client, address, "access", name="robot", role=20, scopes=["read_api"]).content.decode())
    assert "Group access token" in read(client, address)


def test_whose_a_token_is_is_found_by_itself_its_digest_and_its_prefix(client: Client, cast: Cast) -> None:
    token, job = people.token_for(cast.developer), cast.job_token()
    Api(token=token).get("/user", REMOTE_ADDR="192.0.2.9")
    client.force_login(cast.admin)
    for pasted in (token, f"  {token} ", digest(token), "glpat-"):
        page = client.post("/-/tokens", {"token": pasted}).content.decode()
        assert ("developer" in page, "192.0.2.9" in page, token in page) == (True, True, False)
    found = client.post("/-/tokens", {"token": job}).content.decode()
    assert "acme/app" in found
    address = re.search(r'href="(/-/tokens/job/\d+/revoke)"', found)
    assert address is not None
    assert client.post(address[1]).status_code == 302
    assert Api(job=job).get("/job").status_code == 401
    own = PersonalToken.objects.get(digest=digest(token))
    assert client.post(f"/-/tokens/personal/{own.pk}/revoke").status_code == 302
    assert Api(token=token).get("/user").status_code == 401
    assert "No token here" in client.post("/-/tokens", {"token": token[:-1] + "?"}).content.decode()
    assert client.get("/-/tokens/session/1/revoke").status_code == 404


def test_whose_a_token_is_is_not_asked_by_the_address(client: Client, cast: Cast) -> None:
    client.force_login(cast.admin)
    answer = client.get("/-/tokens?username=owner")
    assert (answer.status_code, "username is not supported" in answer.content.decode()) == (400, True)


def test_a_persons_page_says_from_where_their_tokens_were_used(client: Client, cast: Cast) -> None:
    token = people.token_for(cast.developer, expires_at=today() + timedelta(days=2))
    Api(token=token).get("/user", REMOTE_ADDR="192.0.2.9")
    client.force_login(cast.developer)
    assert "192.0.2.9" in read(client, "/-/user_settings/personal_access_tokens")
