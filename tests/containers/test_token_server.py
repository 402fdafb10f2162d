"""`/jwt/auth`: who is given what, and in which words the rest is refused (resources.md §3.2)."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from identity.models import User
from jobs.models import Job
from projects.services import move_project, update_project
from resources.containers import cleanup
from resources.containers.engine.client import Engine, EngineError
from resources.containers.engine.keys import bundle_path, ensure_keys, write_bundle
from resources.containers.engine.read_only import read_only
from resources.containers.models import ContainerRepository
from resources.containers.names import parse_scopes, project_paths
from signing.keys import load, make
from signing.models import Purpose, SigningKey
from signing.rotation import current_key, next_key, rotate
from tests.factories import people, projects
from tests.factories.cast import Cast
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, RefusalRecord

LIBRARY, APP = "acme/library", "acme/app"
PASSWORD = "let me in please"


def ask(*scopes: str, login: str = "", secret: str = "", service: str = "container_registry", **more: Any) -> Any:
    headers = dict(more)
    if secret:
        headers["Authorization"] = f"Basic {base64.b64encode(f'{login}:{secret}'.encode()).decode()}"
    return Client().get("/jwt/auth", {"service": service, "scope": list(scopes)}, headers=headers)


def as_job(token: str, *scopes: str) -> Any:
    return ask(*scopes, login="gitlab-ci-token", secret=token)


def as_person(user: Any, *scopes: str, token_scopes: tuple[str, ...] = ("api",)) -> Any:
    return ask(*scopes, login=user.username, secret=people.token_for(user, token_scopes))


def granted_actions(answer: Any) -> dict[str, list[str]]:
    """Repository → actions, of a token that the registry would accept."""
    assert answer.status_code == 200, answer.content
    return {claim["name"]: claim["actions"] for claim in claims(answer)["access"]}


def claims(answer: Any) -> dict[str, Any]:
    token = answer.json()["token"]
    key = current_key(Purpose.REGISTRY).private.public_key()
    read: dict[str, Any] = jwt.decode(token, key, ["ES256"], audience="container_registry", issuer="token-access")
    return read


def pull(path: str) -> str:
    return f"repository:{path}:pull"


def push(path: str) -> str:
    return f"repository:{path}:pull,push"


def list_app(cast: Cast, **fields: Any) -> None:
    AllowlistEntry.objects.create(
        project=cast.library, target_project=cast.app, direction="inbound", added_by=cast.maintainer, **fields
    )


# --- Jobs -------------------------------------------------------------------------------------------------------------


def test_a_job_pulls_and_pushes_in_its_own_project(cast: Cast):
    answer = as_job(cast.job_token(), push(f"{APP}/tool"))
    assert granted_actions(answer) == {f"{APP}/tool": ["pull", "push"]}
    assert claims(answer)["sub"] == f"job/{Job.objects.get().pk}"
    assert ContainerRepository.objects.get().name == "tool"


def test_a_job_gets_nothing_of_a_project_that_does_not_list_it(cast: Cast):
    hidden, absent = (as_job(cast.job_token(), push(path)) for path in (LIBRARY, "acme/absent"))
    assert granted_actions(hidden) == granted_actions(absent) == {}
    assert len(hidden["X-Access-Reason"]) == len(absent["X-Access-Reason"])
    assert not ContainerRepository.objects.exists()


def test_a_job_that_is_listed_pulls_and_still_pushes_nothing(cast: Cast):
    list_app(cast)
    assert granted_actions(as_job(cast.job_token(), push(LIBRARY))) == {LIBRARY: ["pull"]}


def test_an_entry_that_names_permissions_gives_no_images(cast: Cast):
    list_app(cast, default_permissions=False, permissions=["read_packages", "read_repositories"])
    assert granted_actions(as_job(cast.job_token(), pull(LIBRARY))) == {}


def test_a_project_that_moved_gets_no_images_where_it_was(cast: Cast):
    move_project(cast.library, by=cast.owner, path="moved")
    assert granted_actions(as_person(cast.owner, push(f"{LIBRARY}/tool"))) == {}
    assert granted_actions(as_person(cast.owner, push("acme/moved/tool"))) == {"acme/moved/tool": ["pull", "push"]}
    assert [row.path for row in ContainerRepository.objects.all()] == ["acme/moved/tool"]


def test_a_public_project_needs_no_entry_to_pull(cast: Cast):
    update_project(cast.library, by=cast.owner, visibility=20)
    assert granted_actions(as_job(cast.job_token(), push(LIBRARY))) == {LIBRARY: ["pull"]}


def test_the_outbound_limit_counts(cast: Cast, api: Any):
    list_app(cast)
    api(cast.maintainer).put(f"/projects/{cast.app.pk}", {"ci_job_token_scope_enabled": True})
    assert granted_actions(as_job(cast.job_token(), pull(LIBRARY))) == {}


def test_a_job_is_never_given_everything_nor_the_catalog(cast: Cast):
    token = cast.job_token(user=cast.maintainer)
    scopes = (f"repository:{APP}:*", "registry:catalog:*")
    assert granted_actions(as_job(token, *scopes)) == {}
    assert granted_actions(as_job(token, f"repository:{APP}:delete")) == {APP: ["delete"]}
    assert granted_actions(as_job(cast.job_token(), f"repository:{APP}:delete")) == {}


@pytest.mark.parametrize("status", ["success", "failed", "canceled", "pending"])
def test_a_job_that_does_not_run_is_turned_away(cast: Cast, status: str):
    answer = as_job(cast.job_token(status=status), pull(APP))
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["code"] == "UNAUTHORIZED"
    assert answer.json()["errors"][0]["message"].startswith("HTTP Basic: Access denied")


def test_a_blocked_persons_job_hears_that(cast: Cast):
    token = cast.job_token()
    User.objects.filter(pk=cast.developer.pk).update(is_active=False)
    answer = as_job(token, pull(APP))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "DENIED")
    assert "blocked" in answer.json()["errors"][0]["message"]


def test_pulls_are_in_the_authentication_log_and_refusals_are_counted(cast: Cast):
    as_job(cast.job_token(), pull(LIBRARY))
    assert RefusalRecord.objects.get().action == "pull container images"
    list_app(cast)
    as_job(cast.job_token(), pull(LIBRARY))
    assert AuthorizationRecord.objects.get().accessed_project == cast.library


def test_a_job_token_takes_one_statement_to_sign_in_two_for_each_repository_and_one_for_the_key(
    cast: Cast, django_capture_on_commit_callbacks: Any, settings: Any
):
    settings.ACCESS_LOG_SECONDS = 3600  # the log is written by a thread of its own, seconds later
    token = cast.job_token()
    with django_capture_on_commit_callbacks(execute=True):  # the key is known to sign for an hour
        as_job(token, push(APP))
    with CaptureQueriesContext(connection) as known:
        as_job(token, pull(APP))
    assert len(known) == 4
    with CaptureQueriesContext(connection) as hidden:
        as_job(token, pull(LIBRARY))
    with CaptureQueriesContext(connection) as absent:
        as_job(token, pull("acme/absent"))
    assert [query["sql"][:60] for query in hidden] == [query["sql"][:60] for query in absent]


# --- People -----------------------------------------------------------------------------------------------------------


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("role", "actions"),
    [
        ("guest", []),
        ("reporter", ["pull"]),
        ("developer", ["pull", "push"]),
        ("maintainer", ["pull", "push", "delete", "*"]),
    ],
)
def test_a_person_gets_what_their_role_allows(cast: Cast, role: str, actions: list[str]):
    answer = as_person(getattr(cast, role), f"repository:{LIBRARY}:pull,push,delete,*")
    assert granted_actions(answer).get(LIBRARY, []) == actions


@pytest.mark.parametrize(
    ("scope", "actions"),
    [
        ("read_registry", ["pull"]),
        ("write_registry", ["push"]),
        ("read_api", ["pull"]),
        ("api", ["pull", "push", "delete"]),
    ],
)
def test_a_personal_token_gets_what_its_scope_names(cast: Cast, scope: str, actions: list[str]):
    answer = as_person(cast.owner, f"repository:{LIBRARY}:pull,push,delete", token_scopes=(scope,))
    assert granted_actions(answer)[LIBRARY] == actions


def test_a_token_for_something_else_does_not_even_sign_in(cast: Cast):
    answer = as_person(cast.owner, token_scopes=("read_user", "write_repository"))
    assert (answer.status_code, answer.json()["errors"][0]) == (403, {"code": "DENIED", "message": "access forbidden"})


def test_a_password_signs_in_and_a_wrong_one_does_not(cast: Cast):
    cast.developer.set_password(PASSWORD)
    cast.developer.save()
    assert granted_actions(ask(pull(LIBRARY), login="developer", secret=PASSWORD)) == {LIBRARY: ["pull"]}
    assert ask(pull(LIBRARY), login="developer", secret="wrong").status_code == 401


def test_too_many_wrong_passwords_lock_the_account_out(cast: Cast):
    for _ in range(11):
        answer = ask(login="developer", secret="wrong")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (429, "TOOMANYREQUESTS")
    assert (answer["RateLimit-Remaining"], answer["Retry-After"]) == ("0", "900")


def test_signing_in_alone_gives_an_empty_token(cast: Cast):
    answer = as_person(cast.outsider)
    assert granted_actions(answer) == {}
    assert answer["Cache-Control"] == "no-store"
    assert claims(answer)["exp"] - claims(answer)["iat"] == 300


def test_only_an_administrator_gets_the_catalog(cast: Cast):
    assert granted_actions(as_person(cast.admin, "registry:catalog:*")) == {"catalog": ["*"]}
    assert granted_actions(as_person(cast.owner, "registry:catalog:*")) == {}


# --- Visitors ---------------------------------------------------------------------------------------------------------


def test_a_visitor_pulls_what_is_public_and_is_refused_the_rest(cast: Cast):
    hidden, absent = ask(pull(LIBRARY)), ask(pull("acme/absent"))
    assert (hidden.status_code, hidden.json()) == (403, absent.json())
    assert hidden.json()["errors"][0]["code"] == "DENIED"
    update_project(cast.library, by=cast.owner, visibility=20)
    assert granted_actions(ask(push(LIBRARY))) == {LIBRARY: ["pull"]}


def test_a_registry_for_members_is_closed_to_visitors_of_a_public_project(cast: Cast):
    update_project(cast.library, by=cast.owner, visibility=20, container_registry_access_level=10)
    assert ask(pull(LIBRARY)).status_code == 403
    assert granted_actions(as_person(cast.reporter, pull(LIBRARY))) == {LIBRARY: ["pull"]}
    update_project(cast.library, by=cast.owner, container_registry_access_level=0)
    assert granted_actions(as_person(cast.reporter, pull(LIBRARY))) == {}


def test_nobody_pushes_to_an_archived_project(cast: Cast):
    update_project(cast.library, by=cast.owner, archived=True)
    assert granted_actions(as_person(cast.maintainer, push(LIBRARY))) == {LIBRARY: ["pull"]}


# --- The protocol -----------------------------------------------------------------------------------------------------


def test_another_service_is_unknown_and_another_method_not_allowed(cast: Cast):
    assert ask(service="another").status_code == 404
    assert Client().post("/jwt/auth?service=container_registry").status_code == 405


def test_without_a_registry_the_answer_says_so(cast: Cast, settings: Any):
    settings.REGISTRY_ENABLED = False
    answer = as_person(cast.developer, pull(LIBRARY))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "UNAVAILABLE")


def test_scopes_come_repeated_or_in_one_parameter(cast: Cast):
    both = {APP: ["pull"], LIBRARY: ["pull"]}
    assert granted_actions(as_person(cast.reporter, pull(APP), pull(LIBRARY))) == both
    assert granted_actions(as_person(cast.reporter, f"{pull(APP)} {pull(LIBRARY)}")) == both


def test_no_more_than_twenty_repositories_are_asked_for_at_once(cast: Cast):
    answer = as_person(cast.reporter, *(pull(f"{APP}/{number}") for number in range(21)))
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "scope",
    [
        "", ":", "repository", f"repository:{APP}", f"repository:{APP}:pull:push", f"repository:{APP}:",
        f"x:{APP}:pull",
        f"repository(plugin):{APP}:pull", f"repository:{APP.upper()}:pull", f"repository:/{APP}:pull",
        f"repository:{APP}/:pull", f"repository:{APP}/../library:pull", f"repository:{APP}//x:pull",
        "repository:acme:pull", f"repository:{APP}/a/b/c:pull", f"repository:{APP}\0:pull",
        f"repository:{'a' * 300}:pull",
        f"repository:{APP}:PULL,fly", "registry:other:*", "registry:catalog:pull", f"repository:{APP}/ä:pull",
    ],
)  # fmt: skip
def test_what_is_not_a_scope_grants_nothing(cast: Cast, scope: str):
    assert granted_actions(as_person(cast.admin, scope)) == {}


def test_an_image_has_up_to_two_levels_below_its_project(cast: Cast):
    deep = f"{APP}/tool/debug"
    assert granted_actions(as_person(cast.reporter, pull(deep))) == {deep: ["pull"]}


@pytest.mark.pure
def test_the_longest_path_of_a_project_comes_first():
    assert project_paths("a/b/c/d/e") == ["a/b/c/d/e", "a/b/c/d", "a/b/c"]
    assert project_paths("a/b") == ["a/b"]
    assert project_paths("a") == ["a"]


@pytest.mark.pure
def test_scopes_of_one_repository_are_one():
    (scope,) = parse_scopes([pull(APP), f"repository:{APP}:push,pull"])
    assert scope.actions == ("pull", "push")


def test_a_project_with_capitals_has_images_in_lower_case(cast: Cast):
    projects.project("Tool", group=cast.acme, by=cast.owner)
    assert granted_actions(as_person(cast.owner, push("acme/tool/x"))) == {"acme/tool/x": ["pull", "push"]}
    assert ContainerRepository.objects.get().name == "x"


# --- What is on its way out -------------------------------------------------------------------------------------------


def test_nobody_pushes_to_a_repository_that_is_being_deleted(cast: Cast):
    ContainerRepository.objects.create(project=cast.app, path=APP, status="delete_scheduled")
    assert granted_actions(as_person(cast.maintainer, push(APP))) == {APP: ["pull"]}


def test_nobody_gets_at_what_a_deleted_project_left(cast: Cast):
    ContainerRepository.objects.create(project=None, path=APP)
    assert granted_actions(as_person(cast.maintainer, push(APP))) == {}


# --- Keys -------------------------------------------------------------------------------------------------------------


def test_tokens_of_either_key_are_trusted_after_a_rotation(cast: Cast, settings: Any, tmp_path: Any):
    settings.REGISTRY_DIR = tmp_path
    ensure_keys()
    former, following = current_key(Purpose.REGISTRY), next_key(Purpose.REGISTRY)
    before = as_person(cast.reporter, pull(APP)).json()["token"]
    rotate(Purpose.REGISTRY, at_once=True)
    write_bundle()
    after = as_person(cast.reporter, pull(APP)).json()["token"]
    assert current_key(Purpose.REGISTRY).x5c == following.x5c
    for token, key in ((before, former), (after, following)):
        assert jwt.get_unverified_header(token)["x5c"] == key.x5c
        assert key.certificate in x509.load_pem_x509_certificates(bundle_path().read_bytes())
    assert len(x509.load_pem_x509_certificates(bundle_path().read_bytes())) == 3
    assert bundle_path().stat().st_mode & 0o077 == 0


def test_a_rotation_without_a_registry_to_ask_changes_nothing(db: Any):
    current = current_key(Purpose.REGISTRY).x5c
    with pytest.raises(Exception, match="cannot be reached"):
        call_command("rotate_registry_key")
    assert current_key(Purpose.REGISTRY).x5c == current


def test_the_keys_of_a_former_version_are_taken_over_from_their_files(db: Any, settings: Any, tmp_path: Path) -> None:
    settings.REGISTRY_DIR = tmp_path
    SigningKey.objects.all().delete()
    (tmp_path / "keys").mkdir()
    held = {name: load(make(Purpose.REGISTRY)) for name in ("current", "next")}
    for name, key in held.items():
        pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        assert key.certificate is not None
        (tmp_path / "keys" / f"{name}.pem").write_bytes(pem + key.certificate.public_bytes(Encoding.PEM))
    ensure_keys()
    assert current_key(Purpose.REGISTRY).x5c == held["current"].x5c
    assert next_key(Purpose.REGISTRY).x5c == held["next"].x5c
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["trusted.pem"]


def test_very_many_parameters_are_refused_in_the_registrys_words():
    answer = Client().get("/jwt/auth?service=container_registry&" + "&".join(f"scope{n}=x" for n in range(3000)))
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")
    assert answer.json()["errors"][0]["code"] == "UNSUPPORTED"


def test_nobody_is_given_a_push_while_the_disk_is_cleaned_up(cast: Cast, db: None):
    token = cast.job_token(cast.library)
    with read_only():
        assert granted_actions(as_job(token, push(LIBRARY))) == {LIBRARY: ["pull"]}
        assert granted_actions(as_person(cast.maintainer, f"repository:{LIBRARY}:*")) == {}
        assert cleanup.run_due() == 0
        with pytest.raises(EngineError, match="cleaned up"):
            Engine(LIBRARY).delete_tag("1.0")
    assert granted_actions(as_job(token, push(LIBRARY))) == {LIBRARY: ["pull", "push"]}


def test_garbage_is_collected_where_there_is_a_registry(settings: Any, tmp_path: Path):
    settings.REGISTRY_DIR = tmp_path
    with pytest.raises(CommandError, match="no container registry here"):
        call_command("collect_registry_garbage")
