"""A repository's files in one archive, by REST and in a browser."""

from __future__ import annotations

import io
import tarfile
import zipfile
from threading import BoundedSemaphore
from typing import Any

import pygit2
import pytest
from django.test import Client

from projects.models import Project
from projects.repository import Repository, archives
from projects.repository.archives import SUFFIXES
from projects.repository.git_command import GitOverLimit
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.git_bomb import bomb
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Visibility

pytestmark = pytest.mark.once
FILES = {"README.md": "hello\n", "src/a.py": "1\n", "src/*": "2\n"}


@pytest.fixture
def sha(cast: Cast) -> str:
    made = projects.commit(cast.library, FILES)
    Repository(cast.library.repository_path).create_branch("feature/a", "main")
    return made


@pytest.fixture
def at(cast: Cast, sha: str) -> str:
    return f"/projects/{cast.library.pk}/repository/archive"


def names(data: bytes) -> set[str]:
    """The files of an archive of any kind."""
    if data[:2] == b"PK":
        return {name for name in zipfile.ZipFile(io.BytesIO(data)).namelist() if not name.endswith("/")}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {member.name for member in archive if not member.isdir()}


@pytest.mark.parametrize("suffix", ["", *(f".{suffix}" for suffix in SUFFIXES)])
def test_every_suffix_gives_all_files_in_the_same_bytes_each_time(
    cast: Cast, api: Any, at: str, sha: str, suffix: str
) -> None:
    caller = api(cast.reporter)
    first, again = caller.get(at + suffix), caller.get(at + suffix)
    data = first.getvalue()
    top = f"library-main-{sha}"
    assert names(data) == {f"{top}/{name}" for name in FILES}
    assert again.getvalue() == data
    end = {"zip": "zip", "tar": "tar"}.get(suffix[1:], "tar.bz2" if "b" in suffix else "tar.gz")
    assert first["Content-Disposition"] == f'attachment; filename="{top}.{end}"'
    assert caller.get(at + suffix, headers={"If-None-Match": first["ETag"]}).status_code == 304
    head = caller.request("HEAD", at + suffix)
    assert (head.status_code, head["ETag"], head.content) == (200, first["ETag"], b"")


def test_another_suffix_is_no_address(cast: Cast, api: Any, at: str) -> None:
    answer = api(cast.reporter).get(f"{at}.rar")
    assert (answer.status_code, answer.json()) == (404, {"error": "404 Not Found"})


def test_an_archive_of_a_folder_or_of_another_commit(cast: Cast, api: Any, at: str, sha: str) -> None:
    caller = api(cast.reporter)
    below = caller.get(f"{at}.tar?path=src&sha=feature/a")
    top = f"library-feature-a-{sha}-src"
    assert names(below.getvalue()) == {f"{top}/src/a.py", f"{top}/src/*"}
    assert names(caller.get(f"{at}.tar?sha={sha}").getvalue()) == {f"library-{sha}/{name}" for name in FILES}
    star = caller.get(f"{at}.tar?path=src/*").getvalue()
    assert {name.rpartition("/")[2] for name in names(star)} == {"*"}


@pytest.mark.parametrize(
    "query",
    [
        "sha=nothing", "sha=--upload-pack=x", "sha=-x", "sha=HEAD~1", "sha=main:src", "sha=a%00b", "path=nothing",
        "path=..", "path=../..", "path=--output=x", "path=:(glob)**", "path=a%00b", "path=%ff",
    ],
)  # fmt: skip
def test_what_is_not_there_makes_no_archive(cast: Cast, api: Any, at: str, query: str) -> None:
    answer = api(cast.reporter).get(f"{at}?{query}")
    assert answer.status_code in {400, 404}
    assert "%00" in query or answer.json() == {"message": "404 File Not Found"}


def test_an_empty_repository_has_no_archive(cast: Cast, api: Any) -> None:
    assert api(cast.reporter).get(f"/projects/{cast.app.pk}/repository/archive").status_code == 404


def test_an_archive_is_for_those_who_may_read_the_code(cast: Cast, api: Any, at: str) -> None:
    assert api(cast.reporter).get(at).status_code == 200
    assert api(cast.guest).get(at).status_code == 403
    hidden = {who: api(cast.outsider if who else None).get(at) for who in (True, False)}
    assert {answer.status_code for answer in hidden.values()} == {404}
    Project.objects.filter(pk=cast.library.pk).update(visibility=Visibility.PUBLIC)
    assert api().get(at).status_code == 200


def test_a_job_s_token_does_not_count_here(cast: Cast, api: Any, at: str) -> None:
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    for job in (cast.job_token(), cast.job_token(cast.library)):
        assert api(job=job).get(at).status_code == 404


def test_a_page_offers_it_by_a_name_of_one_s_own(cast: Cast, client: Client, sha: str) -> None:
    client.force_login(cast.reporter)
    place = "/acme/library/-/archive"
    usual = client.get(f"{place}/feature/a/library-feature-a.zip")
    assert names(usual.getvalue()) == {f"library-feature-a/{name}" for name in FILES}
    for other in ("feature/a/x.tar.gz", "feature/a.tar.gz"):
        answer = client.get(f"{place}/{other}")
        assert answer["Content-Disposition"] == f'attachment; filename="library-feature-a-{sha}.tar.gz"'
        assert names(answer.getvalue()) == {f"library-feature-a-{sha}/{name}" for name in FILES}
    below = client.get(f"{place}/main/library-main-src.tar?path=src")
    assert names(below.getvalue()) == {"library-main-src/src/a.py", "library-main-src/src/*"}
    for absent in ("main/x.rar", "nothing/x.zip", "main/x.zip?path=nothing", "zip"):
        assert client.get(f"{place}/{absent}").status_code == 404
    client.logout()
    assert client.get(f"{place}/main/library-main.zip").status_code == 302


def test_a_small_tree_of_very_many_files_is_refused(
    cast: Cast, api: Any, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projects.repository.git_command.MAX_MEMORY", 16 * 1024 * 1024)
    bomb(cast.library.repository_path)
    for suffix in (".tar.gz", ".zip"):
        answer = api(cast.reporter).get(f"{at}{suffix}?sha=bomb")
        assert (answer.status_code, answer.json()["message"][:20]) == (413, "These are too many f")


def test_odd_files_do_not_break_an_archive(cast: Cast, api: Any, at: str) -> None:
    """A symbolic link stays one, a submodule is an empty folder, and a name may be any bytes."""
    git = pygit2.Repository(str(cast.library.repository_path))
    blob = git.create_blob(b"/etc/passwd")
    raw = b"".join(
        mode + b" " + name + b"\0" + bytes.fromhex(str(what))
        for mode, name, what in (
            (b"100644", b"caf\xe9\n", blob), (b"120000", b"link", blob), (b"160000", b"module", "1" * 40)
        )
    )  # fmt: skip
    who = pygit2.Signature("x", "x@example.org")
    tree = git.write(pygit2.enums.ObjectType.TREE, raw)
    git.create_commit("refs/heads/odd", who, who, "Odd", tree, [])
    with tarfile.open(fileobj=io.BytesIO(api(cast.reporter).get(f"{at}.tar?sha=odd").getvalue())) as archive:
        members = {member.name.rpartition("/")[2]: member for member in archive}
    assert (members["link"].issym(), members["link"].linkname) == (True, "/etc/passwd")
    assert members["module"].isdir()
    assert "caf\udce9\n" in members


def test_only_a_few_archives_are_made_at_once(
    cast: Cast, api: Any, at: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_SLOTS", BoundedSemaphore(archives.MAX_AT_ONCE))
    monkeypatch.setattr(archives, "MAX_SPOOL_BYTES", 0)
    caller = api(cast.reporter)
    held = [caller.get(f"{at}.tar") for _ in range(archives.MAX_AT_ONCE)]
    refused = caller.get(at)
    assert (refused.status_code, refused["RateLimit-Limit"], refused["Retry-After"]) == (429, "2", "10")
    assert refused.json() == {"message": "Too many archives are being made. Try again later."}
    client.force_login(cast.reporter)
    page = client.get("/acme/library/-/archive/main/x.zip")
    assert (page.status_code, page["RateLimit-Limit"], page["RateLimit-Remaining"]) == (429, "2", "0")
    held.pop().getvalue()
    assert caller.get(at).getvalue()


def test_whoever_reads_slowly_keeps_nobody_waiting(cast: Cast, api: Any, at: str) -> None:
    """Once an archive is made, its slot is free, whether anybody reads it or not."""
    unread = [api(cast.reporter).get(f"{at}.zip") for _ in range(2 * archives.MAX_AT_ONCE)]
    assert [answer.status_code for answer in unread] == [200] * len(unread)
    assert len({answer.getvalue() for answer in unread}) == 1


def test_a_slow_reader_of_an_archive_too_large_to_keep_is_ended(
    cast: Cast, sha: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Repository(cast.library.repository_path)
    asked = archives.Archive(repository, repository.find("main"), "tar", "library")
    monkeypatch.setattr(archives, "_SLOTS", BoundedSemaphore(1))
    monkeypatch.setattr(archives, "GRACE_SECONDS", -3600)
    whole = b"".join(asked.open())
    monkeypatch.setattr(archives, "MAX_SPOOL_BYTES", len(whole) - 1)
    blocks = asked.open()
    with pytest.raises(GitOverLimit):
        list(blocks)
    blocks.close()
    monkeypatch.setattr(archives, "GRACE_SECONDS", 3600)
    assert b"".join(asked.open()) == whole


@pytest.mark.parametrize("suffix", ["tar.bz2", "zip"])
def test_no_archive_is_worked_on_without_end(
    cast: Cast, sha: str, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_SENDING_SECONDS", -1)
    monkeypatch.setattr(archives, "MAX_SECONDS", -1)
    repository = Repository(cast.library.repository_path)
    with pytest.raises(GitOverLimit):
        list(archives.Archive(repository, repository.find("main"), suffix, "library").open())
