"""Files of a repository by REST."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from projects.extensions import events
from projects.repository import Repository
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.signals import only_receiver
from tokenaccess.models import AllowlistEntry

pytestmark = pytest.mark.once


@pytest.fixture
def files(cast: Cast) -> str:
    projects.commit(cast.library, {"README.md": "hello", "docs/a b.txt": "one", "docs/raw": "raw", "bin": "\0\1"})
    return f"/projects/{cast.library.pk}/repository/files"


def test_a_file_is_shown_with_all_about_it(cast: Cast, api: Any, files: str) -> None:
    answer = api(cast.reporter).get(f"{files}/docs%2Fa%20b.txt?ref=main")
    shown = answer.json()
    assert base64.b64decode(shown["content"]) == b"one"
    assert (shown["file_name"], shown["file_path"], shown["size"], shown["ref"], shown["encoding"]) == (
        "a b.txt", "docs/a b.txt", 3, "main", "base64",
    )  # fmt: skip
    assert shown["execute_filemode"] is False
    assert shown["commit_id"] == shown["last_commit_id"] == Repository(cast.library.repository_path).find("main").sha
    assert answer["X-Gitlab-File-Path"] == "docs/a b.txt"
    assert answer["X-Gitlab-Size"] == "3"


def test_head_describes_a_file_in_headers_alone(cast: Cast, api: Any, files: str) -> None:
    answer = api(cast.reporter).request("HEAD", f"{files}/README.md?ref=main")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["X-Gitlab-Blob-Id"] == Repository(cast.library.repository_path).blob_id("main", "README.md")
    assert answer["X-Gitlab-Execute-Filemode"] == "false"


def test_the_last_change_is_named_not_the_newest_commit(cast: Cast, api: Any, files: str) -> None:
    first = Repository(cast.library.repository_path).find("main").sha
    newest = projects.commit(cast.library, {"other": "x"})
    shown = api(cast.reporter).get(f"{files}/README.md?ref=main").json()
    assert (shown["last_commit_id"], shown["commit_id"]) == (first, newest)


def test_raw_gives_the_bytes_and_never_runs_them(cast: Cast, api: Any, files: str) -> None:
    answer = api(cast.reporter).get(f"{files}/README.md/raw?ref=main")
    assert (answer.content, answer["Content-Type"]) == (b"hello", "text/plain; charset=utf-8")
    assert api(cast.reporter).get(f"{files}/bin/raw")["Content-Type"] == "application/octet-stream"
    assert api(cast.reporter).get(f"{files}/bin/raw")["Content-Disposition"].startswith("attachment")


def test_a_file_called_raw_can_be_read(cast: Cast, api: Any, files: str) -> None:
    assert api(cast.reporter).get(f"{files}/docs%2Fraw?ref=main").json()["file_path"] == "docs/raw"
    assert api(cast.reporter).get(f"{files}/docs%2Fraw/raw?ref=main").content == b"raw"
    changed = {"branch": "main", "commit_message": "x", "content": "new"}
    assert api(cast.developer).put(f"{files}/docs%2Fraw", changed).json()["file_path"] == "docs/raw"
    assert Repository(cast.library.repository_path).blob("main", "docs/raw") == b"new"


@pytest.mark.parametrize(
    ("path", "code", "expected"),
    [
        ("nothing?ref=main", 404, {"message": "404 File Not Found"}),
        ("docs?ref=main", 404, {"message": "404 File Not Found"}),
        ("README.md/blame?ref=main", 404, {"error": "404 Not Found"}),
        ("README.md?ref=nothing", 404, {"message": "404 Commit Not Found"}),
        ("README.md", 400, {"error": "ref is missing"}),
        ("README.md?ref=a%00b", 400, {"error": "ref is invalid"}),
        ("..%2Fx?ref=main", 404, {"message": "404 File Not Found"}),
        ("a%00b?ref=main", 404, {"message": "404 File Not Found"}),
        ("%C3%28?ref=main", 404, {"message": "404 File Not Found"}),
    ],
)
def test_the_file_api_names_the_missing_parameter(
    cast: Cast, api: Any, files: str, path: str, code: int, expected: Any
) -> None:
    answer = api(cast.reporter).get(f"{files}/{path}")
    assert (answer.status_code, answer.json()) == (code, expected)


def test_a_file_is_created_changed_and_deleted_and_each_is_announced_like_a_push(
    cast: Cast, api: Any, files: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    updates: list[dict[str, Any]] = []
    only_receiver(monkeypatch, events.ref_updated, lambda **what: updates.append(what))
    caller, repository = api(cast.developer), Repository(cast.library.repository_path)
    before = repository.find("main").sha
    asked = {
        "branch": "main",
        "commit_message": "Add",
        "content": base64.b64encode(b"\0x").decode(),
        "encoding": "base64",
    }
    answer = caller.post(f"{files}/new%2Ffile.bin", {**asked, "execute_filemode": True})
    assert (answer.status_code, answer.json()) == (201, {"file_path": "new/file.bin", "branch": "main"})
    assert repository.blob("main", "new/file.bin") == b"\0x"
    assert caller.get(f"{files}/new%2Ffile.bin?ref=main").json()["execute_filemode"] is True
    made = repository.commit("main")
    assert (made.message, made.author_name, made.author_email) == ("Add", "Developer", "developer@example.org")
    assert updates == [
        {"project": cast.library, "ref": "refs/heads/main", "old": before, "new": made.sha, "user": cast.developer}
    ]
    changed = {"branch": "main", "commit_message": "Change", "content": ""}
    assert caller.put(f"{files}/new%2Ffile.bin", changed).status_code == 200
    assert repository.blob("main", "new/file.bin") == b""
    assert caller.delete(f"{files}/new%2Ffile.bin?branch=main&commit_message=Away").status_code == 204
    assert caller.get(f"{files}/new%2Ffile.bin?ref=main").status_code == 404
    assert len(updates) == 3


def test_a_new_branch_starts_where_one_says(cast: Cast, api: Any, files: str) -> None:
    asked = {"branch": "topic", "start_branch": "main", "commit_message": "x", "content": "y", "author_name": "Ann"}
    assert api(cast.developer).post(f"{files}/t", asked).status_code == 201
    repository = Repository(cast.library.repository_path)
    assert repository.blob("topic", "README.md") == b"hello"
    assert repository.branch("main") != repository.branch("topic")
    assert repository.commit("topic").author_name == "Ann"
    assert repository.commit("topic").committer_name == "Developer"
    again = api(cast.developer).post(f"{files}/u", asked)
    assert (again.status_code, again.json()["message"][:31]) == (400, "A branch called 'topic' already")


def test_an_empty_repository_takes_its_first_file(cast: Cast, api: Any) -> None:
    address = f"/projects/{cast.app.pk}/repository/files/a"
    asked = {"branch": "main", "commit_message": "x", "content": "y"}
    assert api(cast.developer).post(address, asked).status_code == 201
    assert Repository(cast.app.repository_path).blob("main", "a") == b"y"


@pytest.mark.parametrize(
    ("path", "change", "error"),
    [
        ("README.md", {}, "A file with this name already exists"),
        ("README.md%2Fx", {}, "'README.md/x' cannot be written: a folder on its way is a file"),
        ("docs", {}, "A directory with this name already exists"),
        ("..%2Fx", {}, "The file path is invalid"),
        (".git%2Fconfig", {}, "The file path is invalid"),
        ("a%2F.g%E2%80%8CIt%2Fconfig", {}, "The file path is invalid"),
        (".git%EF%BB%BF", {}, "The file path is invalid"),
        ("a%00b", {}, "The file path is invalid"),
        ("x", {"branch": "a..b"}, "'a..b' is not a proper branch name"),
        ("x", {"branch": "-x"}, "'-x' is not a proper branch name"),
        ("x", {"branch": "absent"}, "You can only create or edit files when you are on a branch"),
        ("x", {"branch": None}, "branch is empty"),
        ("x", {"commit_message": " "}, "commit_message is empty"),
        ("x", {"content": None}, "content is invalid"),
        ("x", {"content": 7}, "content is invalid"),
        ("x", {"content": "%%%", "encoding": "base64"}, "content is invalid"),
        ("x", {"encoding": "rot13"}, "encoding does not have a valid value"),
        ("x", {"content": "\ud800"}, "content is invalid"),
    ],
)
def test_an_invalid_file_change_is_named_and_commits_nothing(
    cast: Cast, api: Any, files: str, path: str, change: dict[str, Any], error: str
) -> None:
    before = Repository(cast.library.repository_path).find("main")
    answer = api(cast.developer).post(
        f"{files}/{path}", {"branch": "main", "commit_message": "x", "content": "y", **change}
    )
    assert answer.status_code == 400, answer.content
    body = answer.json()
    assert error in (body.get("message"), body.get("error")) or "JSON" in body["message"]
    assert Repository(cast.library.repository_path).find("main") == before


def test_missing_parameters_are_named_together(cast: Cast, api: Any, files: str) -> None:
    answer = api(cast.developer).post(f"{files}/x", {})
    assert answer.json() == {"error": "branch is missing, commit_message is missing, content is missing"}


def test_a_change_meanwhile_is_not_overwritten(cast: Cast, api: Any, files: str) -> None:
    repository = Repository(cast.library.repository_path)
    old = repository.find("main").sha
    asked = {"branch": "main", "commit_message": "x", "content": "1", "last_commit_id": old}
    assert api(cast.developer).put(f"{files}/README.md", asked).status_code == 200
    answer = api(cast.developer).put(f"{files}/README.md", {**asked, "content": "2"})
    assert (answer.status_code, "has changed since" in answer.json()["message"]) == (400, True)
    assert repository.blob("main", "README.md") == b"1"


def test_writing_takes_a_developer_and_never_a_job(cast: Cast, api: Any, files: str) -> None:
    asked = {"branch": "main", "commit_message": "x", "content": "y"}
    assert api(cast.reporter).post(f"{files}/x", asked).status_code == 403
    assert api(cast.guest).get(f"{files}/README.md?ref=main").status_code == 403
    assert api(cast.outsider).get(f"{files}/README.md?ref=main").status_code == 404
    assert api(job=cast.job_token(cast.library)).post(f"{files}/x", asked).status_code == 401


def test_a_job_reads_raw_files_where_it_is_admitted_and_nothing_else(cast: Cast, api: Any, files: str) -> None:
    job = api(job=cast.job_token())
    assert job.get(f"{files}/README.md/raw").status_code == 404
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    assert job.get(f"{files}/README.md/raw").content == b"hello"
    assert job.get(f"{files}/README.md?ref=main").status_code == 404
    assert job.get(f"/projects/{cast.library.pk}/repository/tree").status_code == 404
    assert api(job=cast.job_token(status="success")).get(f"{files}/README.md/raw").status_code == 401


def test_an_archived_project_takes_no_commit(cast: Cast, api: Any, files: str) -> None:
    cast.library.archived = True
    cast.library.save()
    asked = {"branch": "main", "commit_message": "x", "content": "y"}
    assert api(cast.owner).post(f"{files}/x", asked).status_code == 403


_SUBMODULE = '[submodule "{name}"]\n\tpath = {path}\n\turl = {url}\n'


@pytest.mark.parametrize(
    ("file", "submodule", "error"),
    [
        (".gitmodules", ("a", "a", "-u./x"), "gitmodulesUrl: disallowed submodule url: -u./x"),
        ("GITMOD~1", ("a", "-a", "https://a.example"), "gitmodulesPath: disallowed submodule path: -a"),
        ("a%2F.GITMODULES", ("../../x", "a", "x"), "gitmodulesName: disallowed submodule name: ../../x"),
    ],
)
def test_no_file_is_written_that_git_refuses_in_a_push(cast: Cast, api, files, file, submodule, error):
    content = _SUBMODULE.format(**dict(zip(("name", "path", "url"), submodule, strict=True)))
    before = Repository(cast.library.repository_path).find("main").sha
    asked = {"branch": "main", "commit_message": "x", "content": content}
    answer = api(cast.developer).post(f"{files}/{file}", asked)
    assert (answer.status_code, answer.json()["message"]) == (400, f"The files cannot be written as asked: {error}")
    assert Repository(cast.library.repository_path).find("main").sha == before


def test_a_list_of_submodules_is_written_moved_and_deleted(cast: Cast, api):
    content = _SUBMODULE.format(name="a", path="a", url="https://a.example/x.git")
    address = f"/projects/{cast.app.pk}/repository/commits"
    for actions in (
        [{"action": "create", "file_path": "a/.gitmodules", "content": content}],
        [{"action": "move", "previous_path": "a/.gitmodules", "file_path": ".gitmodules"}],
        [{"action": "delete", "file_path": ".gitmodules"}],
    ):
        asked = {"branch": "main", "commit_message": "x", "actions": actions}
        assert api(cast.developer).post(address, asked).status_code == 201
