"""Locks on files: by git-lfs's addresses, by the API's commits, and on the page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from identity.models import User
from resources.lfs.models import FileLock
from tests.factories.cast import Cast
from tests.factories.projects import commit
from tests.lfs.test_objects import CONTENT, NOT_FOUND, Lfs, job, person, pointer
from tokenaccess.allowlist import services

LOCKS = "info/lfs/locks"
FORCE = {"message": "Only maintainers take other people's locks away, and no jobs."}
PAGE = "/acme/library/-/lfs"


def lock(client: Lfs, path: str = "a.bin", project: str = "acme/library") -> Any:
    status, body = client.ask("POST", LOCKS, {"path": path, "ref": {"name": "refs/heads/main"}}, project)
    assert status == 201
    return body["lock"]


def test_a_file_is_locked_once_and_unlocked_by_its_owner(cast: Cast):
    mine, other = person(cast.developer), person(cast.maintainer)
    made = lock(mine)
    assert (made["path"], made["owner"]) == ("a.bin", {"name": "developer"})
    assert other.ask("POST", LOCKS, {"path": "a.bin"}) == (409, {"lock": made, "message": "already created lock"})
    assert other.ask("GET", f"{LOCKS}?path=a.bin&refspec=refs/heads/x") == (200, {"locks": [made]})
    assert other.ask("GET", f"{LOCKS}?path=b.bin") == (200, {"locks": []})
    assert mine.ask("POST", f"{LOCKS}/verify", {}) == (200, {"ours": [made], "theirs": []})
    assert other.ask("POST", f"{LOCKS}/verify", {}) == (200, {"ours": [], "theirs": [made]})
    assert other.ask("POST", f"{LOCKS}/{made['id']}/unlock", {})[0] == 403
    assert mine.ask("POST", f"{LOCKS}/{made['id']}/unlock", {}) == (200, {"lock": made})
    assert mine.ask("POST", f"{LOCKS}/{made['id']}/unlock", {}) == (404, NOT_FOUND)


def test_force_is_for_maintainers_and_recorded_and_for_no_job(cast: Cast):
    address = f"{LOCKS}/{lock(person(cast.owner))['id']}/unlock"
    services.set_job_pushes(cast.library, by=cast.owner, allowed=True)
    jobs_of = [job(cast.job_token(cast.library, user)) for user in (cast.maintainer, cast.owner)]
    assert person(cast.developer).ask("POST", address, {"force": True}) == (403, FORCE)
    assert jobs_of[0].ask("POST", address, {"force": True}) == (403, FORCE)
    assert person(cast.maintainer).ask("POST", address, {"force": "yes"})[0] == 422
    assert person(cast.maintainer).ask("POST", address, {"force": True})[0] == 200
    assert AuditEvent.objects.get(event="file_unlocked_by_force").actor_name == "maintainer"
    own = lock(jobs_of[1], "b.bin")
    assert jobs_of[1].ask("POST", f"{LOCKS}/{own['id']}/unlock", {"force": True})[0] == 200


def test_a_lock_of_another_project_is_not_there(cast: Cast):
    made = lock(person(cast.developer), project="acme/app")
    for client in (person(cast.developer), person(cast.maintainer)):
        assert client.ask("POST", f"{LOCKS}/{made['id']}/unlock", {"force": True}) == (404, NOT_FOUND)
        assert client.ask("GET", f"{LOCKS}?id={made['id']}") == (200, {"locks": []})
    assert FileLock.objects.exists()


@pytest.mark.one_case
@pytest.mark.parametrize(
    "path", ["", "/a", "../a", "a/../b", "a\nb", "a\0b", ".git/config", "\ud800", 5, None, "x" * 5000]
)
def test_what_is_no_path_is_not_locked(cast: Cast, path: Any):
    body = b'{"path": "\\ud800"}' if path == "\ud800" else {"path": path}
    status, answer = person(cast.developer).ask("POST", LOCKS, body)
    assert status in {400, 422}
    assert "path" in answer["message"] or "JSON" in answer["message"]


@pytest.mark.one_case
@pytest.mark.parametrize("query", ["limit=x", "cursor=-1", "id=a", "owner=me", f"id={'9' * 30}"])
def test_an_unknown_or_bad_filter_is_named(cast: Cast, query: str):
    status, answer = person(cast.developer).ask("GET", f"{LOCKS}?{query}")
    assert status in {400, 422}
    assert query.split("=")[0] in answer["message"]


def test_locks_come_in_pages(cast: Cast):
    client = person(cast.developer)
    made = [lock(client, f"{number}.bin") for number in range(3)]
    _status, first = client.ask("GET", f"{LOCKS}?limit=2")
    assert (first["locks"], first["next_cursor"]) == (made[:2], made[2]["id"])
    assert client.ask("GET", f"{LOCKS}?limit=2&cursor={first['next_cursor']}") == (200, {"locks": made[2:]})


def test_a_commit_by_the_api_respects_locks(cast: Cast, api: Any):
    commit(cast.library, {"dir/a.bin": "1", "b.bin": "2"})
    lock(person(cast.owner), "dir/a.bin")
    body = {"branch": "feature", "start_branch": "main", "content": "3", "commit_message": "Change"}
    address = f"/projects/{cast.library.pk}/repository/files"
    answer = api(cast.developer).put(f"{address}/dir%2Fa.bin", body)
    sentence = "The path 'dir/a.bin' is locked in Git LFS by owner"
    assert (answer.status_code, answer.json()) == (400, {"message": sentence})
    assert api(cast.developer).put(f"{address}/b.bin", body).status_code == 200


# --- The page ---------------------------------------------------------------------------------------------------------


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_page_shows_what_is_stored_and_unlocks(cast: Cast):
    assert "No large files yet." in browser(cast.reporter).get(PAGE).content.decode()
    person(cast.developer).upload()
    made = lock(person(cast.developer))
    commit(cast.library, {"a.bin": pointer(), "lost.bin": pointer("0" * 64, 5)})
    page = browser(cast.reporter).get(PAGE).content.decode()
    assert "1 object" in page
    assert "a.bin" in page
    assert "unlock" not in page
    unlock = f"{PAGE}/locks/{made['id']}/unlock"
    assert browser(cast.reporter).get(unlock).status_code == 403
    assert browser(cast.outsider).get(unlock).status_code == 404
    assert "developer has locked the file" in browser(cast.maintainer).get(unlock).content.decode()
    assert browser(cast.developer).post(unlock, follow=True).status_code == 200
    assert not FileLock.objects.exists()


def test_somebody_elses_lock_is_not_taken_away_by_a_developer(cast: Cast):
    unlock = f"{PAGE}/locks/{lock(person(cast.owner))['id']}/unlock"
    assert browser(cast.developer).post(unlock).status_code == 403
    assert FileLock.objects.exists()
    assert browser(cast.maintainer).post(unlock).status_code == 302
    assert not FileLock.objects.exists()


def test_the_page_of_a_pointer_shows_and_sends_the_object(cast: Cast):
    person(cast.developer).upload()
    commit(cast.library, {"a.bin": pointer(), "lost.bin": pointer("0" * 64, 5)})
    page = browser(cast.reporter).get("/acme/library/-/blob/main/a.bin").content.decode()
    assert f"Git LFS keeps this file (12{chr(160)}bytes)" in page
    address = page.split('href="/acme/library/-/lfs/objects/')[1].split('"')[0]
    sent: Any = browser(cast.reporter).get(f"{PAGE}/objects/{address}")
    assert (sent.content, sent["Content-Disposition"].startswith("attachment")) == (CONTENT, True)
    assert "Not uploaded yet" in browser(cast.reporter).get("/acme/library/-/blob/main/lost.bin").content.decode()
    assert browser(cast.reporter).get(f"{PAGE}/objects/{'0' * 64}").status_code == 404


def test_the_administration_shows_objects_and_takes_locks_away(cast: Cast):
    person(cast.developer).upload()
    made = lock(person(cast.developer))
    site = browser(cast.admin)
    assert b"acme/library" in site.get("/admin/lfs/lfsobject/").content
    assert site.post(f"/admin/lfs/filelock/{made['id']}/delete/", {"post": "yes"}).status_code == 302
    assert not FileLock.objects.exists()
