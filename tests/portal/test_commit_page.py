"""`/-/commit/<id>`: who made a commit and what it changed, as far as a page can show it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pygit2
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pygit2.enums import ObjectType

from projects.repository import Change, Repository, diffs
from projects.views import commits
from tests.factories import jobs, projects
from tests.factories.cast import Cast
from tests.support.git import Git
from tests.support.git_bomb import bomb
from tokenaccess.policy.levels import FeatureLevel


def write(cast: Cast, *changes: Change, message: str = "Change") -> str:
    repository = Repository(cast.library.repository_path)
    return repository.write("main", list(changes), message, by=("Wri Ter", "w@example.org")).sha


def page(browser: Any, user: Any, sha: str) -> str:
    answer = browser(user).get(f"/acme/library/-/commit/{sha}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def lines(shown: str) -> list[str]:
    """The text of the lines of all diffs."""
    return [part.split("</code")[0] for part in shown.split("<code>")[1:] if "</code\n" in part]


def test_the_page_says_who_changed_what(cast: Cast, browser: Any) -> None:
    first = projects.commit(cast.library, {"a.py": "one\ntwo\nthree\n", "gone.txt": "x\n"})
    changes = [Change("update", "a.py", b"one\n<2>\nthree\n"), Change("delete", "gone.txt"), Change("create", "b", b"")]
    sha = write(cast, *changes, message="Fix <it>\n\nBecause of\nthis.\n")
    shown = page(browser, cast.reporter, sha)
    assert lines(shown) == [" one", "-two", "+&lt;2&gt;", " three", "-x"]
    for words in (
        "Fix &lt;it&gt;",
        "Because of\nthis.",
        "Wri Ter",
        "3 changed files",
        "new file",
        "deleted",
        first[:8],
    ):
        assert words in shown, words
    assert f'href="/acme/library/-/blob/{sha}/a.py"' in shown
    assert f"/-/blob/{sha}/gone.txt" not in shown


def test_the_first_commit_adds_all_that_it_holds(cast: Cast, browser: Any) -> None:
    sha = projects.commit(cast.library, {"a": "1\n", "b/c": "2\n"})
    assert lines(page(browser, cast.reporter, sha)) == ["+1", "+2"]


def test_a_file_that_only_moved_is_renamed(cast: Cast, browser: Any) -> None:
    projects.commit(cast.library, {"old.txt": "same\n"})
    shown = page(browser, cast.reporter, write(cast, Change("move", "new.txt", None, "old.txt")))
    assert "1 changed file<" in shown
    assert "old.txt → " in shown
    assert lines(shown) == []


def test_a_change_of_the_mode_is_shown(cast: Cast, browser: Any) -> None:
    projects.commit(cast.library, {"run": "x\n"})
    assert "100644 → 100755" in page(browser, cast.reporter, write(cast, Change("chmod", "run", executable=True)))


def test_a_merge_shows_what_it_brought_into_its_first_parent(cast: Cast, browser: Any) -> None:
    projects.commit(cast.library, {"a": "1\n"})
    side = projects.commit(cast.library, {"b": "2\n"}, branch="side")
    main = projects.commit(cast.library, {"c": "3\n"})
    git = Repository(cast.library.repository_path).git
    who = pygit2.Signature("Tester", "t@example.org")
    index = git.merge_commits(pygit2.Oid(hex=main), pygit2.Oid(hex=side))
    merge = git.create_commit(None, who, who, "Merge", index.write_tree(git), [pygit2.Oid(hex=p) for p in (main, side)])
    shown = page(browser, cast.reporter, str(merge))
    assert lines(shown) == ["+2"]
    assert "Merges" in shown
    assert main[:8] in shown
    assert side[:8] in shown


@pytest.mark.parametrize("name", ["{short}", "main", "v1", "refs/tags/v1", "feature/x"])
def test_a_commit_is_found_by_a_short_id_and_by_the_name_of_a_branch_or_tag(
    cast: Cast, browser: Any, name: str
) -> None:
    sha = projects.commit(cast.library, {"a": "1\n"})
    repository = Repository(cast.library.repository_path)
    repository.create_tag("v1", "main")
    repository.create_branch("feature/x", "main")
    assert sha in page(browser, cast.reporter, name.format(short=sha[:8]))


@pytest.mark.parametrize("name", ["0" * 40, "nothing", "main/a", "%00", "..", "a" * 3000])
def test_what_is_no_commit_is_not_found(cast: Cast, browser: Any, name: str) -> None:
    projects.commit(cast.library, {"a": "1\n"})
    assert browser(cast.reporter).get(f"/acme/library/-/commit/{name}").status_code == 404


def test_the_id_of_a_file_is_not_found(cast: Cast, browser: Any) -> None:
    projects.commit(cast.library, {"a": "1\n"})
    blob = Repository(cast.library.repository_path).blob_id("main", "a")
    assert browser(cast.reporter).get(f"/acme/library/-/commit/{blob}").status_code == 404


def test_who_may_not_read_the_code_sees_nothing(cast: Cast, browser: Any) -> None:
    sha = projects.commit(cast.library, {"a": "1\n"})
    assert browser(cast.guest).get(f"/acme/library/-/commit/{sha}").status_code == 403
    assert browser(cast.outsider).get(f"/acme/library/-/commit/{sha}").status_code == 404


def test_the_pipelines_of_a_commit_are_shown_to_those_who_may_see_them(cast: Cast, browser: Any) -> None:
    sha = projects.commit(cast.library, {"a": "1\n"})
    run = jobs.pipeline(cast.library, cast.developer, sha=sha)
    assert f"#{run.pk}" in page(browser, cast.reporter, sha)
    cast.library.builds_access_level = FeatureLevel.DISABLED
    cast.library.save()
    assert f"#{run.pk}" not in page(browser, cast.reporter, sha)


# --- Bounds -----------------------------------------------------------------------------------------------------------


def test_a_change_that_is_too_large_is_left_out_and_the_others_are_shown(cast: Cast, browser: Any) -> None:
    long = "".join(f"{n}\n" for n in range(diffs.MAX_FILE_LINES + 1))
    files: dict[str, str | bytes] = {
        "big": b"x" * (diffs.MAX_FILE_BYTES + 1),
        "long": long,
        "binary": b"\0\1",
        "small": "1\n",
    }
    shown = page(browser, cast.reporter, projects.commit(cast.library, files))
    assert lines(shown) == ["+1"]
    assert shown.count("too large to show here") == 2
    assert "The file is binary." in shown


def test_only_so_many_files_are_shown(cast: Cast, browser: Any) -> None:
    sha = projects.commit(cast.library, {f"{n:03}": "1\n" for n in range(diffs.MAX_FILES + 2)})
    shown = page(browser, cast.reporter, sha)
    assert len(lines(shown)) == diffs.MAX_FILES
    assert "2 more files are not shown" in shown


def test_a_page_holds_only_so_many_lines(cast: Cast, browser: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diffs, "MAX_LINES", 5)
    sha = projects.commit(cast.library, {"a": "1\n2\n3\n", "b": "4\n5\n6\n", "c": "7\n"})
    assert lines(page(browser, cast.reporter, sha)) == ["+1", "+2", "+3", "+7"]


def test_any_name_and_text_that_git_knows_is_survived(cast: Cast, browser: Any) -> None:
    git = Repository(cast.library.repository_path).git
    files = {b"a\nb": b"x", "日本".encode(): b"z\r\n", b"\xff.txt": b"\xff\xfe\n"}
    raw = b"".join(b"100644 " + name + b"\0" + git.create_blob(data).raw for name, data in files.items())
    module = b"160000 module\0" + b"\1" * 20
    who = pygit2.Signature("T", "t@example.org")
    sha = git.create_commit("refs/heads/main", who, who, "", git.write(ObjectType.TREE, module + raw), [])
    assert len(lines(page(browser, cast.reporter, str(sha)))) == 4


def test_the_page_asks_no_more_for_more_files(cast: Cast, browser: Any) -> None:
    one = projects.commit(cast.library, {"a": "1\n"})
    many = projects.commit(cast.library, {f"{n}": "1\n" for n in range(30)})
    client = browser(cast.reporter)
    client.get(f"/acme/library/-/commit/{one}")
    counts = []
    for sha in (one, many):
        with CaptureQueriesContext(connection) as counted:
            client.get(f"/acme/library/-/commit/{sha}")
        counts.append(len(counted))
    assert counts[0] == counts[1] < 20


# --- As text ----------------------------------------------------------------------------------------------------------


def test_a_patch_is_one_that_git_applies(cast: Cast, browser: Any, tmp_path: Path) -> None:
    shas = [
        projects.commit(cast.library, {"a": "1\n", "caf\xe9": "2\n"}, "First: gr\xf6\xdfer\n\nBody"),
        projects.commit(cast.library, {"bin": b"\0\1"}, "Second"),
    ]
    shas.append(write(cast, Change("move", "b", previous_path="a"), message="Third"))
    git = Git(tmp_path)
    git("init", "-q")
    for sha in shas:
        answer = browser(cast.reporter).get(f"/acme/library/-/commit/{sha}.patch")
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        (tmp_path / "patch").write_bytes(answer.content)
        git("am", "-q", "patch")
    assert git("log", "--format=%s", "--reverse").splitlines() == ["First: gr\xf6\xdfer", "Second", "Third"]
    assert git("rev-parse", "HEAD^{tree}") == str(Repository(cast.library.repository_path).git[shas[-1]].tree.id)
    plain = browser(cast.reporter).get("/acme/library/-/commit/main.diff").content.decode()
    assert plain.startswith("diff --git a/a b/b\nsimilarity index 100%")


def test_a_branch_called_like_one_has_its_page(cast: Cast, browser: Any) -> None:
    projects.commit(cast.library, {"a": "1\n"})
    Repository(cast.library.repository_path).create_branch("x.diff", "main")
    shown = browser(cast.reporter).get("/acme/library/-/commit/x.diff")
    assert shown["Content-Type"].startswith("text/html")
    for absent in ("nothing.diff", ".diff", "main.zip", "--output=x.patch", "main~1.diff"):
        assert browser(cast.reporter).get(f"/acme/library/-/commit/{absent}").status_code == 404
    assert browser(cast.guest).get("/acme/library/-/commit/main.diff").status_code == 403
    assert browser(cast.outsider).get("/acme/library/-/commit/main.diff").status_code == 404


def test_text_without_end_is_refused(cast: Cast, browser: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    projects.commit(cast.library, {"a": "1\n"})
    bomb(cast.library.repository_path)
    monkeypatch.setattr("projects.repository.git_command.MAX_MEMORY", 16 * 1024 * 1024)
    answer = browser(cast.reporter).get("/acme/library/-/commit/bomb.diff")
    assert (answer.status_code, b"too large" in answer.content) == (413, True)
    page = browser(cast.reporter).get("/acme/library/-/commit/bomb").content.decode()
    assert "More than" in page
    assert "Clone the repository to see all." in page
    monkeypatch.setattr(commits, "MAX_TEXT_BYTES", 10)
    assert browser(cast.reporter).get("/acme/library/-/commit/main.diff").status_code == 413
