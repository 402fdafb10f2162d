"""Folders, commits, branches and tags by REST."""

from __future__ import annotations

from typing import Any

import pygit2
import pytest

from projects.extensions import events
from projects.repository import Repository
from tests.factories import jobs, projects
from tests.factories.cast import Cast
from tests.support.signals import only_receiver
from tokenaccess.models import AllowlistEntry

pytestmark = pytest.mark.once


@pytest.fixture
def code(cast: Cast) -> str:
    projects.commit(cast.library, {"README.md": "hello\nyou\n", "src/deep/x.py": "1\n"}, message="First\n\nBody")
    return f"/projects/{cast.library.pk}/repository"


def test_a_tree_shows_one_folder_or_all_below(cast: Cast, api: Any, code: str) -> None:
    caller = api(cast.reporter)
    shown = caller.get(f"{code}/tree").json()
    assert [(one["name"], one["type"], one["path"], one["mode"]) for one in shown] == [
        ("src", "tree", "src", "040000"),
        ("README.md", "blob", "README.md", "100644"),
    ]
    assert [one["path"] for one in caller.get(f"{code}/tree?path=src/deep&ref=main").json()] == ["src/deep/x.py"]
    paths = [one["path"] for one in caller.get(f"{code}/tree?recursive=true").json()]
    assert paths == ["src", "src/deep", "src/deep/x.py", "README.md"]
    assert caller.get(f"{code}/tree?recursive=true&per_page=1&page=3").json()[0]["path"] == "src/deep/x.py"


@pytest.mark.parametrize("query", ["path=nothing", "ref=nothing", "path=README.md", "path=..", "path=a//b"])
def test_a_tree_that_is_not_there(cast: Cast, api: Any, code: str, query: str) -> None:
    answer = api(cast.reporter).get(f"{code}/tree?{query}")
    assert (answer.status_code, answer.json()) == (404, {"message": "404 Tree Not Found"})


def test_a_name_that_is_no_text_does_not_break_the_list(cast: Cast, api: Any, code: str) -> None:
    git = pygit2.Repository(str(cast.library.repository_path))
    blob = git.create_blob(b"x")
    raw = b"100644 caf\xe9\0" + bytes.fromhex(str(blob))
    tree = git.write(pygit2.enums.ObjectType.TREE, raw)
    who = b"J\xe9 <j@x> 99999999999999 +9999"
    text = b"tree %s\nauthor %s\ncommitter %s\nencoding klingon\n\ncaf\xe9\n" % (str(tree).encode(), who, who)
    git.references.create("refs/heads/odd", git.write(pygit2.enums.ObjectType.COMMIT, text))
    caller = api(cast.reporter)
    assert caller.get(f"{code}/tree?ref=odd").json()[0]["name"] == "caf�"
    assert caller.get(f"{code}/commits?ref_name=odd").json()[0]["title"] == "caf�"
    assert caller.get(f"{code}/commits/odd").json()["author_name"] == "J�"


def test_a_blob_is_known_by_its_id(cast: Cast, api: Any, code: str) -> None:
    sha = Repository(cast.library.repository_path).blob_id("main", "README.md")
    assert api(cast.reporter).get(f"{code}/blobs/{sha}").json()["size"] == 10
    assert api(cast.reporter).get(f"{code}/blobs/{sha}/raw").content == b"hello\nyou\n"
    for wrong in ("0" * 40, "zz", "main", "1" * 200):
        assert api(cast.reporter).get(f"{code}/blobs/{wrong}").status_code == 404


def test_commits_are_listed_newest_first_without_being_counted(cast: Cast, api: Any, code: str) -> None:
    projects.commit(cast.library, {"b": "1"}, message="Second")
    answer = api(cast.reporter).get(f"{code}/commits?per_page=1")
    assert [one["title"] for one in answer.json()] == ["Second"]
    assert "X-Total" not in answer
    assert answer["X-Next-Page"] == "2"
    assert 'rel="last"' not in answer["Link"]
    last = api(cast.reporter).get(f"{code}/commits?per_page=1&page=2")
    assert (last.json()[0]["message"], last["X-Next-Page"]) == ("First\n\nBody", "")
    assert [one["title"] for one in api(cast.reporter).get(f"{code}/commits?path=src").json()] == ["First"]
    assert api(cast.reporter).get(f"{code}/commits?since=2999-01-01T00:00:00Z").json() == []
    assert api(cast.reporter).get(f"{code}/commits?page=999999999999").json() == []


def test_an_empty_repository_has_no_commits_branches_or_tags(cast: Cast, api: Any) -> None:
    for what in ("commits", "branches", "tags"):
        assert api(cast.reporter).get(f"/projects/{cast.app.pk}/repository/{what}").json() == []


def test_a_commit_has_line_counts_and_its_last_pipeline(cast: Cast, api: Any, code: str) -> None:
    sha = Repository(cast.library.repository_path).find("main").sha
    made = jobs.pipeline(cast.library, cast.developer, sha=sha, status="success")
    for name in (sha, sha[:8], "main"):
        shown = api(cast.reporter).get(f"{code}/commits/{name}").json()
        assert shown["id"] == sha
    assert shown["stats"] == {"additions": 3, "deletions": 0, "total": 3}
    assert (shown["status"], shown["last_pipeline"]["id"]) == ("success", made.pk)
    answer = api(cast.reporter).get(f"{code}/commits/deadbeef")
    assert (answer.status_code, answer.json()) == (404, {"message": "404 Commit Not Found"})


def test_a_commit_of_many_changes_is_all_or_nothing(cast: Cast, api: Any, code: str) -> None:
    actions = [
        {"action": "create", "file_path": "new.txt", "content": "n"},
        {"action": "update", "file_path": "README.md", "content": "aGk=", "encoding": "base64"},
        {"action": "move", "file_path": "src/y.py", "previous_path": "src/deep/x.py"},
        {"action": "chmod", "file_path": "src/y.py", "execute_filemode": True},
        {"action": "delete", "file_path": "new.txt"},
    ]
    body = {"branch": "main", "commit_message": "Many", "actions": actions}
    answer = api(cast.developer).post(f"{code}/commits", body)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made["title"] == "Many"
    assert made["stats"]["total"] > 0
    repository = Repository(cast.library.repository_path)
    assert repository.find("main").sha == made["id"]
    assert repository.blob("main", "README.md") == b"hi"
    assert {entry.path: entry.mode for entry in repository.tree("main", "src")} == {"src/y.py": "100755"}
    failing = {**body, "actions": [actions[0], {"action": "delete", "file_path": "absent"}]}
    answer = api(cast.developer).post(f"{code}/commits", failing)
    assert (answer.status_code, answer.json()) == (400, {"message": "A file with this name doesn't exist"})
    assert repository.find("main").sha == made["id"]


@pytest.mark.parametrize(
    ("actions", "error"),
    [
        ("all", "actions is invalid"),
        ([], "actions is invalid"),
        ([7], "actions[0] is invalid"),
        ([{"action": "create"}], "actions[0][file_path] is missing"),
        ([{"action": "explode", "file_path": "x"}], "actions[0][action] does not have a valid value"),
        ([{"action": "create", "file_path": "x"}], "actions[0][content] is missing"),
        ([{"action": "create", "file_path": ["x"], "content": ""}], "actions[0][file_path] is invalid"),
        ([{"action": "move", "file_path": "x"}], "actions[0][previous_path] is missing"),
        ([{"action": "chmod", "file_path": "README.md"}], "actions[0][execute_filemode] is missing"),
    ],
)
def test_a_commit_names_its_invalid_action(cast: Cast, api: Any, code: str, actions: Any, error: str) -> None:
    body = {"branch": "main", "commit_message": "x", "actions": actions}
    answer = api(cast.developer).post(f"{code}/commits", body)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_a_branch_is_made_shown_and_deleted(cast: Cast, api: Any, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    updates: list[tuple[str, str, str]] = []
    only_receiver(
        monkeypatch, events.ref_updated, lambda **what: updates.append((what["ref"], what["old"], what["new"]))
    )
    caller, sha = api(cast.developer), Repository(cast.library.repository_path).find("main").sha
    answer = caller.post(f"{code}/branches?branch=feature/one&ref=main")
    assert (answer.status_code, answer.json()["commit"]["id"]) == (201, sha)
    shown = caller.get(f"{code}/branches/feature%2Fone").json()
    assert (shown["name"], shown["default"], shown["can_push"], shown["merged"]) == ("feature/one", False, True, True)
    assert [one["name"] for one in caller.get(f"{code}/branches?search=^feat").json()] == ["feature/one"]
    assert [one["name"] for one in caller.get(f"{code}/branches").json()] == ["feature/one", "main"]
    assert caller.delete(f"{code}/branches/feature%2Fone").status_code == 204
    gone = caller.delete(f"{code}/branches/feature%2Fone")
    assert (gone.status_code, gone.json()) == (404, {"message": "404 Branch Not Found"})
    assert updates == [
        ("refs/heads/feature/one", events.NULL_SHA, sha),
        ("refs/heads/feature/one", sha, events.NULL_SHA),
    ]


def test_the_default_branch_stays(cast: Cast, api: Any, code: str) -> None:
    answer = api(cast.owner).delete(f"{code}/branches/main")
    assert (answer.status_code, answer.json()) == (405, {"message": "Cannot remove HEAD branch"})
    assert Repository(cast.library.repository_path).branch("main")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"branch": "main", "ref": "main"}, "Branch already exists"),
        ({"branch": "main/x", "ref": "main"}, None),
        ({"branch": "x", "ref": "nothing"}, "Invalid reference name: nothing"),
        ({"branch": "a..b", "ref": "main"}, "Branch name is invalid"),
        ({"branch": "--upload-pack=x", "ref": "main"}, "Branch name is invalid"),
        ({"branch": "x" * 1500, "ref": "main"}, None),
        ({"branch": "a\0b", "ref": "main"}, None),
    ],
)
def test_a_bad_branch_is_refused(cast: Cast, api: Any, code: str, body: Any, error: str | None) -> None:
    answer = api(cast.developer).post(f"{code}/branches", body)
    assert answer.status_code == 400
    assert error is None or answer.json() == {"message": error}
    assert len(Repository(cast.library.repository_path).branches()) == 1


def test_a_tag_is_made_shown_and_deleted(cast: Cast, api: Any, code: str) -> None:
    caller = api(cast.developer)
    assert caller.post(f"{code}/tags", {"tag_name": "v1", "ref": "main"}).json()["message"] == ""
    made = caller.post(f"{code}/tags", {"tag_name": "v2", "ref": "main", "message": "Second"}).json()
    assert (made["message"], made["name"]) == ("Second", "v2")
    assert [one["name"] for one in caller.get(f"{code}/tags").json()] == ["v2", "v1"]
    again = caller.post(f"{code}/tags", {"tag_name": "v1", "ref": "main"})
    assert (again.status_code, again.json()) == (400, {"message": "Tag v1 already exists"})
    assert caller.post(f"{code}/tags", {"tag_name": "v1/x", "ref": "main", "message": "m"}).status_code == 400
    assert caller.post(f"{code}/tags", {"tag_name": "a b", "ref": "main"}).json() == {"message": "Tag name invalid"}
    absent = caller.post(f"{code}/tags", {"tag_name": "v9", "ref": "no"})
    assert absent.json() == {"message": "Target no is invalid"}
    assert caller.delete(f"{code}/tags/v2").status_code == 204
    assert caller.get(f"{code}/tags/v2").json() == {"message": "404 Tag Not Found"}


def test_a_job_that_is_admitted_reads_branches_tags_and_single_commits(cast: Cast, api: Any, code: str) -> None:
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    job = api(job=cast.job_token())
    assert [one["can_push"] for one in job.get(f"{code}/branches").json()] == [False]
    assert job.get(f"{code}/tags").status_code == 200
    assert job.get(f"{code}/commits/main").status_code == 200
    for path in ("commits", "branches/main", "tree"):
        assert job.get(f"{code}/{path}").status_code == 404
    assert job.post(f"{code}/tags", {"tag_name": "v1", "ref": "main"}).status_code == 401


@pytest.mark.parametrize("name", ["a" * 40, "B" * 64])
def test_no_branch_or_tag_is_called_like_a_commit(cast: Cast, api: Any, code: str, name: str) -> None:
    caller = api(cast.developer)
    branch = caller.post(f"{code}/branches", {"branch": name, "ref": "main"})
    assert (branch.status_code, branch.json()["message"]) == (
        400,
        "You cannot create a branch with a SHA-1 or SHA-256 branch name.",
    )
    tag = caller.post(f"{code}/tags", {"tag_name": name, "ref": "main"})
    assert (tag.status_code, tag.json()["message"]) == (
        400,
        "You cannot create a tag with a SHA-1 or SHA-256 tag name.",
    )
    action = {"action": "create", "file_path": "new", "content": "x"}
    body = {"branch": name, "start_branch": "main", "commit_message": "x", "actions": [action]}
    commit = caller.post(f"{code}/commits", body)
    assert commit.status_code == 400
    assert "it looks like the id of a commit" in commit.json()["message"]
    assert caller.post(f"{code}/branches", {"branch": f"{name}-fix", "ref": "main"}).status_code == 201
    repository = Repository(cast.library.repository_path)
    repository.git.references.create(f"refs/heads/{name}", repository.find("main").sha)
    assert caller.delete(f"{code}/branches/{name}").status_code == 204


def test_a_listener_that_fails_undoes_nothing(
    cast: Cast, api: Any, code: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**what: Any) -> None:
        raise RuntimeError("no")

    only_receiver(monkeypatch, events.ref_updated, fail)
    assert api(cast.developer).post(f"{code}/branches", {"branch": "x", "ref": "main"}).status_code == 201
    assert "After a push to acme/library (refs/heads/x) something failed" in caplog.text
