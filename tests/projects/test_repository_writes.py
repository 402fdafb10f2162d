"""Commits, branches and tags made by REST: whole or not at all, nobody's work lost, and by those who may."""

from __future__ import annotations

import base64
from functools import partial
from typing import Any

import pytest

from projects import services
from projects.extensions import events
from projects.models import ProtectedRef
from projects.repository import Change, Repository
from projects.repository.commit_actions import ChangedMeanwhile
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.at_once import at_once
from tests.support.signals import only_receiver

pytestmark = pytest.mark.once


@pytest.fixture
def repository(cast: Cast) -> Repository:
    return Repository(cast.library.repository_path)


@pytest.fixture
def code(cast: Cast) -> str:
    projects.commit(cast.library, {"README.md": "hello\n"}, "First")
    return f"/projects/{cast.library.pk}/repository"


def body(branch: str = "main", **fields: Any) -> dict[str, Any]:
    action = {"action": "update", "file_path": "README.md", "content": "changed"}
    return {"branch": branch, "commit_message": "Change", "actions": [action], **fields}


def test_a_change_is_measured_by_the_commit_that_it_builds_on(
    cast: Cast, code: str, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's commit comes in between, after the file was looked at and before ours is made."""
    looked_at: list[str] = []
    other = projects.commit(cast.library, {"other": "o"})
    services.commit_files(
        cast.library, branch="main", changes=[Change("create", "x", b"x")], message="x", by=cast.developer,
        check=looked_at.append,
    )  # fmt: skip
    assert looked_at == [other]
    assert repository.commit("main").parents == (other,)


@pytest.mark.django_db(transaction=True)
def test_of_commits_at_once_none_is_lost(cast: Cast, code: str, repository: Repository) -> None:
    def change(number: int) -> str:
        changes = [Change("create", f"file{number}", b"x")]
        return services.commit_files(
            cast.library, branch="main", changes=changes, message=str(number), by=cast.developer
        ).sha

    made, failed = at_once(*[partial(change, number) for number in range(6)])
    assert made, "one of them always comes first"
    assert {type(error).__name__ for error in failed} <= {"InvalidChange", "ChangedMeanwhile"}
    found = {commit.sha for commit in repository.commits("main", limit=20)}
    assert set(made) <= found
    assert len([entry for entry in repository.tree("main") if entry.name.startswith("file")]) == len(made)


@pytest.mark.django_db(transaction=True)
def test_a_branch_is_made_once_and_a_tag_is_made_once(cast: Cast, code: str) -> None:
    for create in (services.create_branch, partial(services.create_tag, message="")):
        made, failed = at_once(*[partial(create, cast.library, name="v1", at="main", by=cast.developer)] * 4)
        assert (len(made), {type(error).__name__ for error in failed}) == (1, {"InvalidChange"})


def test_a_branch_that_moved_is_not_deleted(cast: Cast, code: str, repository: Repository) -> None:
    seen = repository.create_branch("side", "main")
    projects.commit(cast.library, {"new": "n"}, branch="side")
    with pytest.raises(ChangedMeanwhile):
        services.delete_ref(cast.library, seen, by=cast.developer)
    assert repository.branch("side") is not None


def test_a_commit_starts_a_branch_or_makes_it_anew(
    cast: Cast, api: Any, code: str, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    updates: list[tuple[str, str]] = []
    only_receiver(monkeypatch, events.ref_updated, lambda **what: updates.append((what["ref"], what["old"])))
    caller, first = api(cast.developer), repository.find("main").sha
    made = caller.post(f"{code}/commits", body("side", start_branch="main")).json()
    assert (made["parent_ids"], updates) == ([first], [("refs/heads/side", events.NULL_SHA)])
    again = caller.post(f"{code}/commits", body("side", start_branch="main"))
    assert (again.status_code, again.json()["message"]) == (
        400,
        "A branch called 'side' already exists. Switch to that branch in order to make changes",
    )
    forced = caller.post(f"{code}/commits", body("side", start_sha=first, force=True)).json()
    assert forced["parent_ids"] == [first]
    assert updates[-1] == ("refs/heads/side", made["id"])
    both = caller.post(f"{code}/commits", body("x", start_sha=first, start_branch="main"))
    assert (both.status_code, both.json()) == (400, {"error": "start_branch, start_sha are mutually exclusive"})
    file = {"branch": "other", "start_sha": first, "commit_message": "x", "content": "x"}
    assert caller.post(f"{code}/files/new", file).status_code == 201
    assert repository.commit("other").parents == (first,)


def test_a_protected_branch_is_made_anew_only_where_force_pushes_may_be(cast: Cast, api: Any, code: str) -> None:
    caller, asked = api(cast.developer), body(start_branch="main", force=True)
    assert caller.post(f"{code}/commits", asked).status_code == 403
    cast.library.protected_refs.update(allow_force_push=True)
    assert caller.post(f"{code}/commits", asked).status_code == 201


def test_an_action_on_a_file_that_changed_refuses_the_whole_commit(
    cast: Cast, api: Any, code: str, repository: Repository
) -> None:
    first = repository.find("main").sha
    caller = api(cast.developer)
    assert caller.post(f"{code}/commits", body()).status_code == 201
    old = {"action": "delete", "file_path": "README.md", "last_commit_id": first}
    new = {"action": "create", "file_path": "new", "content": "n"}
    answer = caller.post(f"{code}/commits", body(actions=[new, old]))
    assert (answer.status_code, "has changed since" in answer.json()["message"]) == (400, True)
    assert [entry.name for entry in repository.tree("main")] == ["README.md"]


def test_merged_branches_are_deleted_and_others_stay(
    cast: Cast, api: Any, code: str, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    updates: list[str] = []
    only_receiver(monkeypatch, events.ref_updated, lambda **what: updates.append(what["ref"]))
    for name in ("merged", "feature/merged", "keep/merged"):
        repository.create_branch(name, "main")
    projects.commit(cast.library, {"more": "m"}, branch="ahead")
    ProtectedRef.objects.create(project=cast.library, kind="branch", name="keep/*")
    answer = api(cast.developer).delete(f"{code}/merged_branches")
    assert (answer.status_code, answer.json()) == (202, {"message": "202 Accepted"})
    assert [ref.name for ref in repository.branches()] == ["ahead", "keep/merged", "main"]
    assert updates == ["refs/heads/feature/merged", "refs/heads/merged"]
    assert api(cast.developer).delete(f"/projects/{cast.app.pk}/repository/merged_branches").status_code == 202


BAD_PATHS = [
    "../x",
    "a/../../x",
    "/x",
    "a//b",
    ".git/config",
    "a/.GIT/hooks/x",
    "a\0b",
    "--output=x/..",
    ".",
    "x" * 5000,
]


@pytest.mark.parametrize("path", BAD_PATHS)
def test_no_path_leads_out(cast: Cast, api: Any, code: str, repository: Repository, path: str) -> None:
    before = repository.find("main").sha
    action = {"action": "create", "file_path": path, "content": "x"}
    assert api(cast.developer).post(f"{code}/commits", body(actions=[action])).status_code == 400
    assert repository.find("main").sha == before


@pytest.mark.parametrize(
    "name", ["--upload-pack=x", "-f", "a..b", "a b", "refs/heads/x", "HEAD", "a.lock", "a\0b", "x/"]
)
def test_no_name_is_an_option_or_improper(cast: Cast, api: Any, code: str, repository: Repository, name: str) -> None:
    caller = api(cast.owner)
    for what, fields in (
        ("commits", body(name, start_branch="main")),
        ("branches", {"branch": name, "ref": "main"}),
        ("tags", {"tag_name": name, "ref": "main"}),
        ("tags", {"tag_name": "v1", "ref": name if name != "HEAD" else "-HEAD"}),
    ):
        assert caller.post(f"{code}/{what}", fields).status_code == 400
    assert [ref.name for ref in (*repository.branches(), *repository.tags())] == ["main"]


def test_bytes_that_are_no_text_are_kept(cast: Cast, api: Any, code: str, repository: Repository) -> None:
    content = base64.b64encode(b"\0\xff").decode()
    action = {"action": "create", "file_path": "bin", "content": content, "encoding": "base64"}
    assert api(cast.developer).post(f"{code}/commits", body(actions=[action])).status_code == 201
    assert repository.blob("main", "bin") == b"\0\xff"


DELETION = {"branch": "main", "commit_message": "x"}
FILE = {**DELETION, "content": "x"}
WRITES: list[tuple[str, str, Any]] = [
    ("POST", "commits", body()),
    ("POST", "files/new", FILE),
    ("PUT", "files/README.md", FILE),
    ("DELETE", "files/README.md", DELETION),
    ("POST", "branches", {"branch": "b", "ref": "main"}),
    ("DELETE", "branches/side", None),
    ("DELETE", "merged_branches", None),
    ("POST", "tags", {"tag_name": "t", "ref": "main"}),
    ("DELETE", "tags/v1", None),
]


@pytest.mark.parametrize(("method", "path", "fields"), WRITES)
def test_each_caller_writes_where_they_may(
    cast: Cast, api: Any, code: str, repository: Repository, method: str, path: str, fields: Any
) -> None:
    repository.create_branch("side", "main")
    repository.create_tag("v1", "main")
    before = [(ref.name, ref.sha) for ref in (*repository.branches(), *repository.tags())]

    def status(caller: Any) -> int:
        return int(caller.request(method, f"{code}/{path}", fields).status_code)

    refused = {who: status(api(getattr(cast, who))) for who in ("reporter", "guest", "outsider")}
    assert refused == {"reporter": 403, "guest": 403, "outsider": 404}
    assert status(api(job=cast.job_token(cast.library))) == 401
    assert status(api()) == 401
    assert [(ref.name, ref.sha) for ref in (*repository.branches(), *repository.tags())] == before
    assert status(api(cast.developer)) in {200, 201, 202, 204}
