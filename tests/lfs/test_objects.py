"""The addresses of git-lfs, as somebody uses them who knows them and means no good. The real client: tests/contract."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from blobs.models import Blob
from blobs.store import collect_garbage
from identity.models import User
from projects.models import Project
from resources.lfs import cleanup
from resources.lfs.models import FileLock, LfsObject
from tests.factories import people
from tests.factories.cast import Cast
from tests.factories.projects import commit
from tests.support.at_once import at_once
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Visibility

CONTENT = b"a large file"
OID = hashlib.sha256(CONTENT).hexdigest()
SIZE = len(CONTENT)
MEDIA_TYPE = "application/vnd.git-lfs+json"
NOT_FOUND = {"message": "Not found."}
FORBIDDEN = {"message": "Access forbidden. Check your access level."}


def pointer(oid: str = OID, size: int = SIZE) -> str:
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n"


class Lfs:
    """The HTTP half of git-lfs; `status` and JSON of each answer."""

    def __init__(self, login: str = "", secret: str = "") -> None:
        self.client = Client(enforce_csrf_checks=True)
        basic = base64.b64encode(f"{login}:{secret}".encode()).decode()
        self.headers = {"Authorization": f"Basic {basic}"} if login else {}

    def ask(self, method: str, path: str, body: Any = b"", project: str = "acme/library") -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        address = f"/{project}.git/{path}"
        answer: Any = self.client.generic(method, address, data, content_type=MEDIA_TYPE, headers=self.headers)
        if answer.get("Content-Type") != MEDIA_TYPE:
            return answer.status_code, b"".join(answer.streaming_content) if answer.streaming else answer.content
        return answer.status_code, orjson.loads(answer.content)

    def batch(self, operation: str, oid: Any = OID, size: Any = SIZE, project: str = "acme/library") -> tuple[int, Any]:
        body = {"operation": operation, "objects": [{"oid": oid, "size": size}]}
        return self.ask("POST", "info/lfs/objects/batch", body, project)

    def upload(self, content: bytes = CONTENT, oid: str = OID, size: Any = SIZE, project: str = "acme/library") -> Any:
        return self.ask("PUT", f"gitlab-lfs/objects/{oid}/{size}", content, project)

    def download(self, oid: str = OID, project: str = "acme/library") -> tuple[int, Any]:
        return self.ask("GET", f"gitlab-lfs/objects/{oid}", project=project)


def person(user: User, *scopes: str) -> Lfs:
    return Lfs(user.username, people.token_for(user, scopes or ("api",)))


def job(token: str) -> Lfs:
    return Lfs("gitlab-ci-token", token)


def list_app(cast: Cast, *permissions: str) -> None:
    AllowlistEntry.objects.update_or_create(
        project=cast.library,
        target_project=cast.app,
        direction="inbound",
        defaults={"default_permissions": not permissions, "permissions": list(permissions)},
    )


# --- Whose objects ----------------------------------------------------------------------------------------------------


def test_knowing_a_hash_gives_nothing_and_says_nothing(cast: Cast):
    """Another project has the object: asking, verifying and a forged upload are answered as if nobody had it."""
    assert person(cast.developer).upload() == (200, {})
    thief = job(cast.job_token(cast.app))
    services.set_job_pushes(cast.app, by=cast.owner, allowed=True)
    for oid in (OID, "0" * 64):
        status, body = thief.batch("download", oid, project="acme/app")
        assert (status, body["objects"][0]["error"]["code"]) == (200, 404)
        status, body = thief.batch("upload", oid, project="acme/app")
        assert set(body["objects"][0]["actions"]) == {"upload", "verify"}
        verified = thief.ask("POST", "info/lfs/verify", {"oid": oid, "size": SIZE}, "acme/app")
        assert (verified[0], thief.download(oid, "acme/app")) == (404, (404, NOT_FOUND))
        forged = thief.upload(b"other bytes.", oid, project="acme/app")
        assert forged[0] == 400
    assert not LfsObject.objects.filter(project=cast.app).exists()
    assert thief.upload(project="acme/app") == (200, {})
    assert thief.download(project="acme/app") == (200, CONTENT)
    assert Blob.objects.count() == 1


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("content", "oid", "size", "status"),
    [
        (CONTENT + b"!", OID, SIZE, 400),
        (CONTENT[:-1], OID, SIZE, 400),
        (b"another file", OID, SIZE, 400),
        (CONTENT, OID, SIZE + 1, 400),
        (CONTENT, OID.upper(), SIZE, 404),
        (CONTENT, "..%2f..%2fetc", SIZE, 404),
        (CONTENT, "x" * 64, SIZE, 404),
        (CONTENT, OID, -1, 404),
        (CONTENT, OID, "9" * 40, 404),
    ],
)
def test_what_is_not_what_it_says_is_not_stored(cast: Cast, content: bytes, oid: str, size: Any, status: int):
    assert person(cast.developer).upload(content, oid, size)[0] == status
    assert not Blob.objects.exists()
    assert not [
        path for path in Path(settings.BLOBS_DIR).rglob("*") if OID in path.name or "incoming" in str(path.parent)
    ]


def test_objects_have_a_limit(cast: Cast, settings: Any):
    settings.LFS_OBJECT_BYTES = 5
    status, body = person(cast.developer).batch("upload")
    assert (status, body["objects"][0]["error"]["code"]) == (200, 422)
    assert person(cast.developer).upload()[0] == 413


def test_two_uploads_of_one_object_at_once_are_one(cast: Cast, transactional_db: None):
    clients = [person(cast.developer), person(cast.maintainer)]
    assert at_once(*(client.upload for client in clients)) == ([(200, {})] * 2, [])
    assert LfsObject.objects.count() == 1


# --- Who --------------------------------------------------------------------------------------------------------------

ROUTES = [
    ("POST", "info/lfs/objects/batch", {"operation": "download", "objects": [{"oid": OID, "size": SIZE}]}),
    ("POST", "info/lfs/objects/batch", {"operation": "upload", "objects": [{"oid": OID, "size": SIZE}]}),
    ("GET", f"gitlab-lfs/objects/{OID}", b""),
    ("PUT", f"gitlab-lfs/objects/{OID}/{SIZE}", CONTENT),
    ("POST", "info/lfs/verify", {"oid": OID, "size": SIZE}),
    ("GET", "info/lfs/locks", b""),
    ("POST", "info/lfs/locks", {"path": "a.bin"}),
    ("POST", "info/lfs/locks/verify", {}),
    ("POST", "info/lfs/locks/1/unlock", {"force": True}),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_hidden_is_like_absent_and_writing_like_a_push(cast: Cast, method: str, path: str, body: Any):
    for client in (job(cast.job_token()), person(cast.outsider)):
        assert client.ask(method, path, body) == (404, NOT_FOUND)
        assert client.ask(method, path, body, "acme/no-such") == (404, NOT_FOUND)
    assert Lfs().ask(method, path, body)[0] == 401
    assert job(cast.job_token(status="success")).ask(method, path, body)[0] == 401
    reads = (path.endswith("batch") and body["operation"] == "download") or method == "GET"
    list_app(cast)
    assert (job(cast.job_token()).ask(method, path, body) == (403, FORBIDDEN)) is not reads
    assert (person(cast.reporter).ask(method, path, body) == (403, FORBIDDEN)) is not reads
    assert (person(cast.developer, "read_repository").ask(method, path, body)[0] == 403) is not reads
    assert not LfsObject.objects.exists()
    assert not FileLock.objects.exists()


def test_a_public_project_serves_visitors_and_asks_who_writes(cast: Cast):
    person(cast.developer).upload()
    Project.objects.filter(pk=cast.library.pk).update(visibility=Visibility.PUBLIC)
    status, body = Lfs().batch("download")
    assert (status, body["objects"][0]["actions"]["download"]["header"]) == (200, {})
    assert Lfs().download() == (200, CONTENT)
    assert Lfs().batch("upload")[0] == 401


def test_a_job_writes_to_another_project_through_every_gate(cast: Cast):
    list_app(cast, "admin_repositories")
    client = job(cast.job_token())
    services.set_job_pushes(cast.library, by=cast.owner, allowed=True, cross_project=True)
    assert client.upload() == (403, FORBIDDEN)
    services.set_feature_switch("allow_push_to_allowlisted_projects", active=True, by=cast.admin)
    assert client.upload() == (200, {})
    list_app(cast, "read_repositories")
    assert (client.upload(), client.download()) == ((403, FORBIDDEN), (200, CONTENT))


# --- What is asked ----------------------------------------------------------------------------------------------------


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b"{", 400, "JSON"),
        (b"[]", 400, "JSON object"),
        ({}, 422, "operation"),
        ({"operation": ["upload"]}, 422, "operation"),
        ({"operation": "download"}, 404, "Not found"),
        ({"operation": "download", "objects": "x"}, 422, "objects"),
        ({"operation": "download", "objects": [1]}, 422, "objects"),
        ({"operation": "download", "objects": [{}] * 1001}, 413, "objects"),
        ({"operation": "download", "objects": [{}], "hash_algo": "md5"}, 409, "hash_algo"),
        ({"operation": "download", "objects": [{}], "transfers": ["tus"]}, 422, "transfers"),
        ({"operation": "download", "objects": [{}], "transfers": 1}, 422, "transfers"),
        (b" " * (1024 * 1024 + 1), 413, "too long"),
    ],
)
def test_a_batch_that_makes_no_sense_is_answered_with_what_is_wrong(cast: Cast, body: Any, status: int, word: str):
    answer = person(cast.developer).ask("POST", "info/lfs/objects/batch", body)
    assert answer[0] == status
    assert word in answer[1]["message"]


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("oid", "size"), [("../../x", SIZE), (None, SIZE), (OID, "1"), (OID, -1), (OID, True), ([], {})]
)
def test_a_bad_object_is_an_error_of_its_own(cast: Cast, oid: Any, size: Any):
    for operation in ("upload", "download"):
        status, body = person(cast.developer).batch(operation, oid, size)
        assert (status, body["objects"][0]["error"]["code"]) == (200, 422)


# --- What nobody needs ------------------------------------------------------------------------------------------------


def test_what_no_ref_needs_is_deleted_after_two_weeks(cast: Cast):
    client = person(cast.developer)
    for content in (CONTENT, b"unneeded", b"asked for"):
        client.upload(content, hashlib.sha256(content).hexdigest(), len(content))
    commit(cast.library, {"deep/model.bin": pointer()}, branch="feature")
    later = timezone.now() + cleanup.KEEP_UNNEEDED + timedelta(minutes=1)
    assert cleanup.delete_unneeded(later - timedelta(hours=1)) == 0
    asked = hashlib.sha256(b"asked for").hexdigest()
    LfsObject.objects.filter(blob=asked).update(asked_at=later - timedelta(days=1))
    assert cleanup.delete_unneeded(later) == 1
    assert set(LfsObject.objects.values_list("blob_id", flat=True)) == {OID, asked}
    assert cleanup.delete_unneeded(later) == 0  # looked at already


@pytest.mark.parametrize("spelling", [pointer().replace("\n", "\r\n"), pointer().replace("\n", "\n\n")])
def test_what_a_pointer_in_a_client_s_free_spelling_needs_is_kept(cast: Cast, spelling: str):
    person(cast.developer).upload()
    commit(cast.library, {"model.bin": spelling})
    assert cleanup.delete_unneeded(timezone.now() + cleanup.KEEP_UNNEEDED * 2) == 0
    assert LfsObject.objects.exists()


def test_what_goes_with_one_project_stays_in_another(cast: Cast, django_capture_on_commit_callbacks: Any):
    person(cast.developer).upload()
    person(cast.developer).upload(project="acme/app")
    commit(cast.app, {"model.bin": pointer()})
    later = timezone.now() + cleanup.KEEP_UNNEEDED * 2
    with django_capture_on_commit_callbacks(execute=True):
        assert cleanup.delete_unneeded(later) + cleanup.delete_unneeded(later) == 1
    collect_garbage()
    assert person(cast.developer).download(project="acme/app") == (200, CONTENT)
    assert person(cast.developer).download() == (404, NOT_FOUND)


def test_asking_before_a_push_keeps_an_object(cast: Cast):
    client = person(cast.developer)
    client.upload()
    LfsObject.objects.update(asked_at=timezone.now() - timedelta(days=30))
    status, body = client.batch("upload")
    assert (status, set(body["objects"][0])) == (200, {"oid", "size", "authenticated"})
    assert cleanup.delete_unneeded(timezone.now()) == 0
    assert LfsObject.objects.exists()


def test_a_fork_has_the_objects_of_its_origin(cast: Cast, api: Any):
    assert person(cast.developer).upload()[0] == 200
    commit(cast.library, {"big.bin": pointer()})
    made = api(cast.developer).post(f"/projects/{cast.library.pk}/fork", {"path": "mine"})
    assert made.status_code == 201
    assert person(cast.developer).download(project="developer/mine") == (200, CONTENT)
    assert LfsObject.objects.filter(project=made.json()["id"], size=SIZE).count() == 1
    assert person(cast.maintainer).download(project="developer/mine")[0] == 404
