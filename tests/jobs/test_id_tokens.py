"""ID tokens: what a job gets, what it says, and who believes it (runner.md §7.1)."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from identity.encryption import decrypt
from jobs.id_tokens.claims import SUPPORTED, subject
from jobs.models import IdTokenPath, Job, Pipeline
from jobs.pipelines.job_actions import retry_job
from projects.paths import validate_segment
from projects.repository import Repository
from projects.repository.objects import is_ref_name
from projects.services import delete_project, update_project
from signing import rotation
from signing.models import Purpose, SigningKey
from tests.factories import projects, runners
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.relying_party import PypiPublisher, RelyingParty, jwt_header
from tests.support.runner import Work
from tokenaccess.policy.levels import Role

VAULT = "https://vault.example.com"
JOB = f"deploy:\n  script: [x]\n  id_tokens:\n    VAULT_ID_TOKEN: {{aud: '{VAULT}'}}\n"


@pytest.fixture
def vault(settings: Any) -> RelyingParty:
    return RelyingParty(settings.EXTERNAL_URL, VAULT, lambda path: Client().get(path).json())


def work(cast: Cast, yaml: str = JOB, **fields: Any) -> Work:
    runners.pipeline(cast.app, cast.developer, yaml, **fields)
    return runners.runner(cast.app).work()


def claims_of(cast: Cast, vault: RelyingParty, yaml: str = JOB, **fields: Any) -> dict[str, Any]:
    return vault.verify(work(cast, yaml, **fields).variables["VAULT_ID_TOKEN"])


# --- What is in them --------------------------------------------------------------------------------------------------


def test_a_token_says_what_gitlab_documents_and_nothing_else(cast: Cast, vault: RelyingParty, settings: Any) -> None:
    projects.member(cast.developer, cast.acme, Role.REPORTER)
    claims = claims_of(cast, vault)
    job, app, user = Job.objects.get(), cast.app, cast.developer
    host = urlsplit(settings.EXTERNAL_URL).netloc
    times = {name: claims.pop(name) for name in ("iat", "nbf", "exp")}
    assert len(claims.pop("jti")) == 36
    assert claims == {
        "iss": settings.EXTERNAL_URL,
        "sub": "project_path:acme/app:ref_type:branch:ref:main",
        "aud": VAULT,
        "namespace_id": str(app.group_id), "namespace_path": "acme",
        "project_id": str(app.pk), "project_path": "acme/app", "project_visibility": "private",
        "job_namespace_id": str(app.group_id), "job_namespace_path": "acme",
        "job_project_id": str(app.pk), "job_project_path": "acme/app",
        "user_id": str(user.pk), "user_login": "developer", "user_email": user.email, "user_access_level": "developer",
        "groups_direct": ["acme"],
        "pipeline_id": str(job.pipeline_id), "pipeline_source": "api", "job_id": str(job.pk), "job_source": "api",
        "ref": "main", "ref_type": "branch", "ref_path": "refs/heads/main", "ref_protected": "true",
        "runner_id": job.runner_id, "runner_environment": "self-hosted",
        "sha": job.pipeline.sha,
        "ci_config_ref_uri": f"{host}/acme/app//.gitlab-ci.yml@refs/heads/main",
        "ci_config_sha": job.pipeline.sha,
    }  # fmt: skip
    assert times["nbf"] == times["iat"] - 5
    assert times["exp"] == times["iat"] + app.build_timeout


def test_an_environment_adds_its_claims(cast: Cast, vault: RelyingParty) -> None:
    claims = claims_of(cast, vault, JOB + "  environment: {name: review/$CI_COMMIT_REF_SLUG, action: prepare}\n")
    assert {name: claims[name] for name in claims if name.startswith(("environment", "deployment"))} == {
        "environment": "review/main",
        "environment_protected": "false",
        "environment_action": "prepare",
        "deployment_tier": "development",
    }


def test_a_token_lives_as_long_as_its_job_may(cast: Cast, vault: RelyingParty) -> None:
    claims = claims_of(cast, vault, JOB + "  timeout: 25 minutes\n")
    assert claims["exp"] - claims["iat"] == 1500


def test_a_tag_of_a_branchs_name_differs_from_the_branch(cast: Cast, vault: RelyingParty) -> None:
    sha = runners.push_file(cast.app, JOB)
    Repository(cast.app.repository_path).create_tag("main", sha)
    claims = claims_of(cast, vault, JOB)
    assert claims["sub"].endswith("ref_type:branch:ref:main")


def test_several_tokens_have_each_their_own_audience_and_identity(cast: Cast, vault: RelyingParty) -> None:
    taken = work(cast, "a: {script: [x], id_tokens: {A: {aud: one}, B: {aud: [one, two]}}}")
    found = {name: RelyingParty(vault.issuer, "one", vault.fetch).verify(taken.variables[name]) for name in "AB"}
    assert [found[name]["aud"] for name in "AB"] == ["one", ["one", "two"]]
    assert found["A"]["jti"] != found["B"]["jti"]


def test_default_gives_every_job_a_token_unless_it_does_not_inherit_it(cast: Cast) -> None:
    default = "default: {id_tokens: {T: {aud: x}}}\n"
    assert "T" in work(cast, default + "a: {script: [x]}").variables
    assert "T" not in work(cast, default + "a: {script: [x], inherit: {default: false}}").variables


def test_variables_count_in_an_audience_but_no_credential_of_the_job(cast: Cast, vault: RelyingParty) -> None:
    audiences = "['https://$HOST/$CI_PROJECT_ID', '-$CI_JOB_TOKEN']"
    yaml = f"a: {{script: [x], variables: {{HOST: vault}}, id_tokens: {{T: {{aud: {audiences}}}}}}}"
    taken = work(cast, yaml)
    audience = f"https://vault/{cast.app.pk}"
    claims = RelyingParty(vault.issuer, audience, vault.fetch).verify(taken.variables["T"])
    assert claims["aud"] == [audience, "-"]


def test_other_variables_may_refer_to_a_token(cast: Cast) -> None:
    taken = work(cast, JOB + "  variables: {HEADER: 'Bearer $VAULT_ID_TOKEN'}\n")
    assert taken.variables["HEADER"] == f"Bearer {taken.variables['VAULT_ID_TOKEN']}"


def test_a_job_that_somebody_else_retries_is_theirs(cast: Cast, vault: RelyingParty) -> None:
    first = work(cast)
    first.fail()
    retry_job(Job.objects.get(), by=cast.maintainer)
    claims = vault.verify(runners.runner(cast.app).work().variables["VAULT_ID_TOKEN"])
    assert claims["user_login"] == "maintainer"
    assert claims["user_access_level"] == "maintainer"


# --- The subject ------------------------------------------------------------------------------------------------------


def test_a_project_says_what_the_subject_is_made_of(cast: Cast, vault: RelyingParty, api: Any) -> None:
    address = f"/projects/{cast.app.pk}"
    client = api(cast.maintainer)
    assert client.get(address).json()["ci_id_token_sub_claim_components"] == ["project_path", "ref_type", "ref"]
    wanted = ["project_id", "ref", "environment_protected", "deployment_tier"]
    answer = client.put(address, {"ci_id_token_sub_claim_components": wanted})
    assert answer.json()["ci_id_token_sub_claim_components"] == wanted
    assert claims_of(cast, vault)["sub"] == f"project_id:{cast.app.pk}:ref:main"


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("components", "problem"),
    [
        (["ref"], "must begin with project_path or project_id"),
        ([], "does not have a valid value"),
        (["project_path", "user_login"], "user_login is not an allowed component"),
        (["project_path", "ref", "ref"], "must not repeat a claim"),
    ],
)
def test_a_subject_that_names_no_project_is_refused(cast: Cast, api: Any, components: list[str], problem: str) -> None:
    answer = api(cast.maintainer).put(f"/projects/{cast.app.pk}", {"ci_id_token_sub_claim_components": components})
    assert answer.status_code == 400
    assert problem in answer.content.decode()


def test_the_settings_page_changes_the_subject(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.maintainer)
    address = "/acme/app/-/settings/general"
    form = client.get(address).context["form"]
    values = {field.html_name: field.value() for field in form}
    data = {name: value for name, value in values.items() if value is not None and value is not False}
    data["id_token_subject"] = "project_id, ref_type,ref"
    assert client.post(address, data).status_code == 302
    cast.app.refresh_from_db()
    assert cast.app.id_token_subject == ["project_id", "ref_type", "ref"]


@pytest.mark.pure
def test_a_name_cannot_pass_for_another_claim() -> None:
    """No ref and no path holds a colon: what stood behind it would be claims of whoever named it."""
    assert not is_ref_name("refs/heads/main:ref_type:tag")
    with pytest.raises(ValidationError):
        validate_segment("app:ref_type", top_level=False)
    claims = {"project_path": "a/b", "ref_type": "branch", "ref": "main", "environment": "x:y"}
    assert subject(claims, ["project_path", "environment", "ref"]) == "project_path:a/b:ref:main"


def test_another_project_at_the_same_path_gets_no_tokens_of_that_path(cast: Cast, vault: RelyingParty) -> None:
    claims_of(cast, vault)
    delete_project(cast.app, by=cast.owner)
    cast.app = projects.project("app", group=cast.acme, by=cast.owner)
    projects.members({cast.developer: Role.MAINTAINER}, cast.app)
    runners.pipeline(cast.app, cast.developer, JOB)
    assert runners.runner(cast.app).take() is None
    job = Job.objects.get(project=cast.app)
    assert (job.status, job.failure_reason) == ("failed", "id_token_burned_project_path")
    page = Client()
    page.force_login(cast.developer)
    assert "let their subject begin with project_id" in page.get(f"/acme/app/-/jobs/{job.pk}").content.decode()
    update_project(cast.app, by=cast.developer, id_token_subject=["project_id", "ref_type", "ref"])
    assert claims_of(cast, vault)["sub"].startswith(f"project_id:{cast.app.pk}:")


def test_an_administrator_frees_a_path(cast: Cast, vault: RelyingParty) -> None:
    claims_of(cast, vault)
    row = IdTokenPath.objects.get()
    client = Client()
    client.force_login(cast.admin)
    assert client.post(f"/admin/jobs/idtokenpath/{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not IdTokenPath.objects.exists()


# --- PyPI -------------------------------------------------------------------------------------------------------------


def test_pypis_rules_for_gitlab_publishers_accept_the_token(cast: Cast, vault: RelyingParty) -> None:
    host = urlsplit(vault.issuer).netloc
    claims = claims_of(cast, vault, JOB + "  environment: production\n")
    assert PypiPublisher(host, "acme", "app", environment="production").problem(claims) == ""
    assert PypiPublisher(host, "acme", "app").problem(claims) == ""
    assert PypiPublisher(host, "acme", "app").unknown_claims(claims) == {"job_source"}  # of GitLab 18.9
    for other, problem in (
        (PypiPublisher(host, "acme", "library"), "sub"),
        (PypiPublisher(host, "acme", "app", "release.yml"), "ci_config_ref_uri"),
        (PypiPublisher(host, "acme", "app", environment="staging"), "environment"),
    ):
        assert other.problem(claims) == problem


def test_a_pipeline_whose_file_lies_elsewhere_names_none(cast: Cast, vault: RelyingParty) -> None:
    runners.push_file(cast.library, JOB)
    update_project(cast.app, by=cast.maintainer, ci_config_path=".gitlab-ci.yml@acme/library")
    claims = claims_of(cast, vault)
    assert (claims["ci_config_ref_uri"], claims["ci_config_sha"]) == (None, None)


def test_the_file_is_the_one_that_the_pipeline_was_made_of(cast: Cast, vault: RelyingParty) -> None:
    runners.pipeline(cast.app, cast.developer, JOB)
    update_project(cast.app, by=cast.maintainer, ci_config_path="release.yml")
    claims = vault.verify(runners.runner(cast.app).work().variables["VAULT_ID_TOKEN"])
    assert "//.gitlab-ci.yml@" in claims["ci_config_ref_uri"]
    assert Pipeline.objects.get().config_path == ".gitlab-ci.yml"


# --- Where they are seen ----------------------------------------------------------------------------------------------


def test_a_token_is_masked_in_the_log_even_when_it_comes_in_pieces(cast: Cast) -> None:
    taken = work(cast)
    token = taken.variables["VAULT_ID_TOKEN"]
    variable = taken.variable("VAULT_ID_TOKEN")
    assert (variable["masked"], variable["public"], variable["file"]) == (True, False, False)
    for piece in (b"it is ", token[:900].encode(), token[900:].encode(), b"\n"):
        taken.log(piece)
    stored = Job.objects.get().trace_path.read_bytes()
    assert stored == b"it is " + b"x" * len(token) + b"\n"


def test_the_jobs_page_shows_names_and_audiences_and_never_a_value(cast: Cast) -> None:
    taken = work(cast, "a: {script: [x], id_tokens: {T: {aud: [one, two]}}}")
    client = Client()
    client.force_login(cast.developer)
    page = client.get(f"/acme/app/-/jobs/{taken.id}").content.decode()
    assert "<code>T</code>" in page
    assert "one, two" in page
    assert taken.variables["T"].split(".")[1] not in page


def test_a_token_is_no_credential_of_ours(cast: Cast) -> None:
    token = work(cast).variables["VAULT_ID_TOKEN"]
    address = f"/projects/{cast.app.pk}"
    for headers in ({"JOB-TOKEN": token}, {"PRIVATE-TOKEN": token}, {"Authorization": f"Bearer {token}"}):
        assert Api(headers=headers).get("/job").status_code == 401
        assert Api(headers=headers).get(address).status_code in {401, 404}


def test_a_job_without_tokens_costs_nothing_more(cast: Cast, django_assert_num_queries: Any) -> None:
    assert not IdTokenPath.objects.exists()
    work(cast, runners.SIMPLE)
    assert not IdTokenPath.objects.exists()
    assert not SigningKey.objects.exists()


# --- Keys -------------------------------------------------------------------------------------------------------------


def test_discovery_names_the_keys_and_every_claim(cast: Cast, vault: RelyingParty, settings: Any) -> None:
    found = vault.fetch("/.well-known/openid-configuration")
    assert found["issuer"] == settings.EXTERNAL_URL
    assert found["jwks_uri"] == f"{settings.EXTERNAL_URL}/oauth/discovery/keys"
    assert found["id_token_signing_alg_values_supported"] == ["RS256"]
    assert set(claims_of(cast, vault)) <= set(found["claims_supported"])
    assert set(SUPPORTED) <= set(found["claims_supported"])
    for key in vault.fetch("/oauth/discovery/keys")["keys"]:
        assert set(key) == {"kty", "kid", "use", "alg", "n", "e"}


def test_keys_are_kept_encrypted(db: None) -> None:
    rotation.ensure_keys(Purpose.ID_TOKENS)
    for key in SigningKey.objects.all():
        assert "PRIVATE" not in key.private
        assert "PRIVATE KEY" in decrypt(key.private)


def test_a_rotation_publishes_a_key_before_it_signs_and_after(cast: Cast, vault: RelyingParty) -> None:
    before = work(cast).variables["VAULT_ID_TOKEN"]
    vault.verify(before)
    with pytest.raises(CommandError, match="verifiers may not know it yet"):
        call_command("rotate_signing_key")
    SigningKey.objects.next().update(created_at=timezone.now() - rotation.PUBLICATION)
    call_command("rotate_signing_key")
    after = work(cast).variables["VAULT_ID_TOKEN"]
    assert jwt_header(before)["kid"] != jwt_header(after)["kid"]
    assert vault.accepts(after)
    assert vault.keys_read == 1, "the key that signs now was known before"
    assert RelyingParty(vault.issuer, VAULT, vault.fetch).accepts(before)


def test_a_former_key_goes_when_its_last_token_has_ended(cast: Cast, vault: RelyingParty) -> None:
    claims = claims_of(cast, vault)
    former = rotation.rotate(Purpose.ID_TOKENS, at_once=True)
    former.refresh_from_db()
    assert former.signs_until is not None
    assert former.signs_until.timestamp() >= claims["exp"]
    kids = lambda: {key["kid"] for key in vault.fetch("/oauth/discovery/keys")["keys"]}  # noqa: E731
    assert former.kid in kids()
    SigningKey.objects.filter(pk=former.pk).update(signs_until=timezone.now() - timedelta(seconds=1))
    assert former.kid not in kids()
    assert rotation.delete_ended() == 1


def test_a_leaked_key_is_withdrawn(cast: Cast, vault: RelyingParty) -> None:
    token = work(cast).variables["VAULT_ID_TOKEN"]
    key = rotation.current_key(Purpose.ID_TOKENS)
    call_command("rotate_signing_key", "--withdraw")
    assert not vault.accepts(token)
    rotation.record_use(key, timezone.now() + timedelta(days=1))  # by a signature that was under way
    assert not vault.accepts(token)


def test_the_administration_rotates_and_shows_no_private_key(cast: Cast) -> None:
    rotation.ensure_keys(Purpose.ID_TOKENS)
    current = SigningKey.objects.current().get()
    client = Client()
    client.force_login(cast.admin)
    address = "/admin/signing/signingkey/"
    chosen = {"_selected_action": [current.pk]}
    assert "not know it yet" in client.post(address, {"action": "rotate", **chosen}, follow=True).content.decode()
    client.post(address, {"action": "rotate_at_once", **chosen})
    assert SigningKey.objects.current().get().pk != current.pk
    page = client.get(f"{address}{current.pk}/change/").content.decode()
    assert current.kid in page
    assert current.private[:40] not in page
    client.post(address, {"action": "withdraw", **chosen})
    current.refresh_from_db()
    assert current.signs_until is not None
    assert current.signs_until <= timezone.now()


@pytest.mark.django_db(transaction=True)
def test_no_token_is_refused_while_keys_rotate(settings: Any) -> None:
    """Two threads sign while a third rotates; a verifier that keeps the keys takes every token."""
    rotation.ensure_keys(Purpose.ID_TOKENS)
    verifier = RelyingParty(settings.EXTERNAL_URL, "x", lambda path: Client().get(path).json())
    tokens: list[str] = []
    stop = threading.Event()

    def sign() -> None:
        from django.db import connection

        while not stop.is_set():
            now = int(timezone.now().timestamp())
            claims = {"iss": settings.EXTERNAL_URL, "aud": "x", "iat": now, "nbf": now, "exp": now + 600}
            tokens.append(rotation.sign(Purpose.ID_TOKENS, claims))
        connection.close()

    def wait_for_more() -> None:
        count = len(tokens)
        while len(tokens) < count + 10:
            stop.wait(0.01)

    threads = [threading.Thread(target=sign) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(4):
            wait_for_more()
            verifier.verify(tokens[-1])
            rotation.rotate(Purpose.ID_TOKENS, at_once=True)
        wait_for_more()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert all(verifier.accepts(token) for token in tokens)
    assert len({jwt_header(token)["kid"] for token in tokens}) == 5
