"""Pushes to protected branches and tags, refused in-band (resources.md §1.3): the hook asks before anything moves."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pygit2
import pytest
from django.test import Client

from projects import services
from projects.extensions import events
from projects.models import Project, RefKind
from projects.repository import Ref, Repository
from resources.repositories.ref_updates import ReceivePackParser, RefUpdate
from tests.factories import projects
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.signals import only_receiver
from tokenaccess.models import TokenAccessSettings

pytestmark = pytest.mark.once

NOTHING = events.NULL_SHA
NO_PUSH = "GitLab: You are not allowed to push code to protected branches on this project."
_PACK = b"PACK\0\0\0\2\0\0\0\0"
EMPTY_PACK = _PACK + hashlib.sha1(_PACK, usedforsecurity=False).digest()

Push = Callable[..., str]


def line(words: str) -> bytes:
    return f"{len(words.encode()) + 4:04x}{words}".encode()


def body(*moves: tuple[str, str, str]) -> bytes:
    lines = [f"{old} {new} {ref}" for old, new, ref in moves]
    lines[0] += "\0 report-status side-band-64k"
    pack = b"" if all(new == NOTHING for _, new, _ in moves) else EMPTY_PACK
    return b"".join(map(line, lines)) + b"0000" + pack


@pytest.fixture
def library(cast: Cast) -> Project:
    """As a new project is: main is for maintainers. `before` and `after` are two commits of it."""
    cast.library.protected_refs.update(push_level=40, merge_level=40)
    projects.commit(cast.library, {"README.md": "hello\n"})
    projects.commit(cast.library, {"NEWS": "news\n"})
    return cast.library


@pytest.fixture
def before(library: Project) -> str:
    return Repository(library.repository_path).commits("main")[1].sha


@pytest.fixture
def after(library: Project) -> str:
    return Repository(library.repository_path).find("main").sha


@pytest.fixture
def push(library: Project) -> Push:
    """`push(cast.developer, (old, new, ref), …)` → all that git said, sidebands included."""

    def send(who: Any, *moves: tuple[str, str, str], login: str = "anyone", raw: bytes = b"") -> str:
        secret = who if isinstance(who, str) else token_for(who, ("write_repository",))
        credential = base64.b64encode(f"{login}:{secret}".encode()).decode()
        answer: Any = Client().post(
            f"/{library.full_path}.git/git-receive-pack",
            raw or body(*moves),
            content_type="application/x-git-receive-pack-request",
            headers={"Authorization": f"Basic {credential}"},
        )
        words = b"".join(answer.streaming_content) if answer.streaming else answer.content
        return str(words.decode(errors="replace"))

    return send


def tip(project: Project, name: str) -> str | None:
    found = Repository(project.repository_path).branch(name) or Repository(project.repository_path).tag(name)
    return found.sha if found else None


def test_a_developer_is_refused_on_a_protected_branch(cast: Cast, library: Project, push: Push, after: str) -> None:
    sha = projects.commit(library, {"x": "1"}, branch="feature")
    said = push(cast.developer, (after, sha, "refs/heads/main"))
    assert NO_PUSH in said
    assert "ng refs/heads/main pre-receive hook declined" in said
    assert tip(library, "main") == after
    assert "ok refs/heads/main" in push(cast.maintainer, (after, sha, "refs/heads/main"))
    assert tip(library, "main") == sha


def test_one_protected_branch_holds_back_the_whole_push(cast: Cast, library: Project, push: Push, after: str) -> None:
    sha = projects.commit(library, {"x": "1"}, branch="feature")
    said = push(cast.developer, (NOTHING, sha, "refs/heads/other"), (after, sha, "refs/heads/main"))
    assert "ng refs/heads/other pre-receive hook declined" in said
    assert (tip(library, "other"), tip(library, "main")) == (None, after)
    assert "ok refs/heads/other" in push(cast.developer, (NOTHING, sha, "refs/heads/other"))


@pytest.mark.parametrize("name", ["a" * 40, "0123456789abcdefABCDEF" + "0" * 42])
def test_no_branch_or_tag_is_called_like_a_commit(
    cast: Cast, library: Project, push: Push, before: str, after: str, name: str
) -> None:
    said = push(cast.maintainer, (NOTHING, after, f"refs/heads/{name}"))
    assert "GitLab: You cannot create a branch with a SHA-1 or SHA-256 branch name." in said
    assert f"ng refs/heads/{name} pre-receive hook declined" in said
    assert "GitLab: You cannot create a tag with a SHA-1 or SHA-256 tag name." in push(
        cast.maintainer, (NOTHING, after, f"refs/tags/{name}")
    )
    assert tip(library, name) is None
    for longer in (f"{name}-fix", f"{name}/fix", f"fix-{name}", name[1:]):
        assert f"ok refs/heads/{longer}" in push(cast.maintainer, (NOTHING, after, f"refs/heads/{longer}"))


def test_a_branch_that_is_called_like_a_commit_already_is_deleted_but_not_moved(
    cast: Cast, library: Project, push: Push, before: str, after: str
) -> None:
    name = "b" * 40
    Repository(library.repository_path).git.references.create(f"refs/heads/{name}", before)
    assert "You cannot create a branch" in push(cast.maintainer, (before, after, f"refs/heads/{name}"))
    assert tip(library, name) == before
    assert f"ok refs/heads/{name}" in push(cast.maintainer, (before, NOTHING, f"refs/heads/{name}"))
    assert tip(library, name) is None


def test_history_of_a_protected_branch_is_not_overwritten(
    cast: Cast, library: Project, push: Push, before: str, after: str
) -> None:
    said = push(cast.owner, (after, before, "refs/heads/main"))
    assert "GitLab: You are not allowed to force push code to a protected branch on this project." in said
    assert "ng refs/heads/main pre-receive hook declined" in said
    assert tip(library, "main") == after
    library.protected_refs.update(allow_force_push=True)
    assert NO_PUSH in push(cast.developer, (after, before, "refs/heads/main"))
    assert "ok refs/heads/main" in push(cast.maintainer, (after, before, "refs/heads/main"))


def test_no_replacement_makes_lost_history_look_kept(cast: Cast, library: Project, push: Push, after: str) -> None:
    """`refs/replace/<id>` has git take one commit for another: here for one that begins where main ends."""
    library.protected_refs.update(push_level=30)
    git = Repository(library.repository_path).git
    who, tree = pygit2.Signature("Tester", "tester@example.org"), git[after].peel(pygit2.Commit).tree_id
    lost = str(git.create_commit(None, who, who, "Another beginning", tree, []))
    stand_in = str(git.create_commit(None, who, who, "Kept", tree, [pygit2.Oid(hex=after)]))
    assert f"ok refs/replace/{lost}" in push(cast.developer, (NOTHING, stand_in, f"refs/replace/{lost}"))
    said = push(cast.developer, (after, lost, "refs/heads/main"))
    assert "GitLab: You are not allowed to force push code to a protected branch on this project." in said
    assert tip(library, "main") == after


def test_an_open_branch_is_overwritten_and_deleted(
    cast: Cast, library: Project, push: Push, before: str, after: str
) -> None:
    assert "ok" in push(cast.developer, (NOTHING, after, "refs/heads/feature"))
    assert "ok" in push(cast.developer, (after, before, "refs/heads/feature"))
    assert "ok" in push(cast.developer, (before, NOTHING, "refs/heads/feature"))
    assert tip(library, "feature") is None


def test_a_protected_branch_is_not_deleted_by_git(cast: Cast, library: Project, push: Push, after: str) -> None:
    services.protect(library, kind=RefKind.BRANCH, name="release/*", by=cast.owner)
    assert "ok" in push(cast.maintainer, (NOTHING, after, "refs/heads/release/1"))
    said = push(cast.developer, (after, NOTHING, "refs/heads/release/1"))
    assert "GitLab: You are not allowed to delete protected branches from this project." in said
    assert "deleted through the API" in push(cast.owner, (after, NOTHING, "refs/heads/release/1"))
    assert tip(library, "release/1") == after


def test_a_branch_of_a_protected_name_is_made_by_those_who_may_push(
    cast: Cast, library: Project, push: Push, after: str
) -> None:
    services.protect(library, kind=RefKind.BRANCH, name="release/*", by=cast.owner, merge_level=30)
    said = push(cast.developer, (NOTHING, after, "refs/heads/release/1"))
    assert "GitLab: You are not allowed to create protected branches on this project." in said
    assert "ok" in push(cast.developer, (NOTHING, after, "refs/heads/releases"))


def test_a_push_of_many_refused_branches_looks_at_the_branches_once(
    cast: Cast, library: Project, push: Push, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.protect(library, kind=RefKind.BRANCH, name="release/*", by=cast.owner)
    looks: list[Repository] = []
    branches = Repository.branches

    def looked_at(this: Repository) -> list[Ref]:
        looks.append(this)
        return branches(this)

    monkeypatch.setattr(Repository, "branches", looked_at)
    said = push(cast.developer, *[(NOTHING, after, f"refs/heads/release/{number}") for number in range(200)])
    assert "GitLab: You are not allowed to create protected branches on this project." in said
    assert len(looks) == 1


def test_a_branch_that_nobody_may_push_to_takes_no_push(
    cast: Cast, library: Project, push: Push, before: str, after: str
) -> None:
    library.protected_refs.update(push_level=0, merge_level=0, allow_force_push=True)
    sha = projects.commit(library, {"x": "1"}, branch="feature")
    for person in (cast.owner, cast.admin):
        assert NO_PUSH in push(person, (after, sha, "refs/heads/main"))


def test_a_protected_tag_is_made_once_and_by_maintainers(
    cast: Cast, library: Project, push: Push, before: str, after: str
) -> None:
    services.protect(library, kind=RefKind.TAG, name="v*", by=cast.owner)
    said = push(cast.developer, (NOTHING, after, "refs/tags/v1"))
    assert "GitLab: You are not allowed to create this tag as it is protected." in said
    assert "ok refs/tags/v1" in push(cast.maintainer, (NOTHING, after, "refs/tags/v1"))
    assert "GitLab: Protected tags cannot be updated." in push(cast.owner, (after, before, "refs/tags/v1"))
    assert "not allowed to delete protected tags" in push(cast.developer, (after, NOTHING, "refs/tags/v1"))
    assert "deleted through the API" in push(cast.owner, (after, NOTHING, "refs/tags/v1"))
    assert tip(library, "v1") == after
    # A branch of such a name is another matter.
    assert "ok refs/heads/v2" in push(cast.developer, (NOTHING, after, "refs/heads/v2"))
    assert "ok refs/tags/w1" in push(cast.developer, (NOTHING, after, "refs/tags/w1"))
    assert "ok refs/tags/w1" in push(cast.developer, (after, before, "refs/tags/w1"))


def test_a_job_pushes_with_the_rights_of_its_person(cast: Cast, library: Project, push: Push, after: str) -> None:
    TokenAccessSettings.objects.update_or_create(project=library, defaults={"takes_job_pushes": True})
    sha = projects.commit(library, {"x": "1"}, branch="feature")
    of_developer, of_maintainer = cast.job_token(library), cast.job_token(library, cast.maintainer)
    said = push(of_developer, (after, sha, "refs/heads/main"), login="gitlab-ci-token")
    assert NO_PUSH in said
    assert "ok refs/heads/own" in push(of_developer, (NOTHING, sha, "refs/heads/own"), login="gitlab-ci-token")
    assert "ok refs/heads/main" in push(of_maintainer, (after, sha, "refs/heads/main"), login="gitlab-ci-token")


def test_a_refused_update_is_announced_to_nobody(
    cast: Cast, library: Project, push: Push, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    updates: list[Any] = []
    only_receiver(monkeypatch, events.ref_updated, lambda **push: updates.append(push["ref"]))
    sha = projects.commit(library, {"x": "1"}, branch="feature")
    push(cast.developer, (after, sha, "refs/heads/main"))
    assert updates == []
    push(cast.maintainer, (after, sha, "refs/heads/main"))
    assert updates == ["refs/heads/main"]


def test_bytes_after_the_end_of_a_push_do_not_pass(cast: Cast, library: Project, push: Push, after: str) -> None:
    """Git has the whole pack long before the server has judged: the hook finds no word of it and refuses."""
    sha = projects.commit(library, {"x": "1"}, branch="feature")
    said = push(cast.developer, raw=body((after, sha, "refs/heads/main")) + b"x" * 5_000_000)
    assert "ok refs/heads/main" not in said
    assert tip(library, "main") == after


def test_a_ref_of_another_kind_is_nobodys_concern(cast: Cast, library: Project, push: Push, after: str) -> None:
    services.protect(library, kind=RefKind.BRANCH, name="*", by=cast.owner, push_level=0)
    assert "ok refs/notes/x" in push(cast.developer, (NOTHING, after, "refs/notes/x"))
    assert NO_PUSH not in push(cast.developer, (NOTHING, after, "refs/tags/x"))


def test_a_ref_name_that_is_not_utf8_is_checked(cast: Cast, library: Project, push: Push, after: str) -> None:
    services.protect(library, kind=RefKind.BRANCH, name="*", by=cast.owner)
    command = f"{NOTHING} {after} refs/heads/caf".encode() + b"\xe9\0 report-status side-band-64k"
    raw = f"{len(command) + 4:04x}".encode() + command + b"0000" + EMPTY_PACK
    assert "not allowed to create protected branches" in push(cast.developer, raw=raw)
    assert "ok refs/heads/caf" in push(cast.maintainer, raw=raw)


@pytest.mark.parametrize("size", [1, 3, 7, 4096])
def test_commands_are_parsed_however_they_come(size: int) -> None:
    moves = [("1" * 40, "2" * 40, f"refs/heads/branch-{number}") for number in range(50)]
    whole = body(*moves)
    commands = ReceivePackParser()
    blocks = (whole[at : at + size] for at in range(0, len(whole), size))
    assert b"".join(commands.parse(blocks)) == whole
    assert commands.updates == [RefUpdate(*move) for move in moves]


@pytest.mark.parametrize("nonsense", [b"", b"00", b"zzzz", b"0000", b"0004", b"ffff", b"0003xx", b"0009x y z0000"])
def test_nonsense_commands_nothing(nonsense: bytes) -> None:
    commands = ReceivePackParser()
    assert b"".join(commands.parse(iter([nonsense]))) == nonsense
    assert commands.updates == []
