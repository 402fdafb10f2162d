"""Files, commits, branches and tags of a repository, read in a browser."""

from __future__ import annotations

from typing import Any

import pygit2
import pytest

from projects.models import Project
from projects.repository import Repository
from tests.factories import projects
from tests.factories.cast import Cast


@pytest.fixture
def library(cast: Cast) -> Project:
    projects.commit(
        cast.library,
        {"README.md": "# Library", "src/a.py": "print(1)\nprint('<b>')\n", "empty": ""},
        "First <i>words</i>",
    )
    repository = Repository(cast.library.repository_path)
    repository.create_branch("feature/door", "main")
    repository.create_tag("v1.0", "main")
    return cast.library


def get(browser: Any, user: Any, inner: str) -> Any:
    return browser(user).get(f"/acme/library/-/{inner}")


def test_files_lead_to_the_default_branch(cast: Cast, library: Project, browser: Any) -> None:
    assert get(browser, cast.reporter, "tree")["Location"] == "/acme/library/-/tree/main"
    assert get(browser, cast.reporter, "tree?ref=v1.0")["Location"] == "/acme/library/-/tree/v1.0"


def test_a_folder_lists_folders_before_files(cast: Cast, library: Project, browser: Any) -> None:
    answer = get(browser, cast.reporter, "tree/main")
    assert [row.name for row in answer.context["rows"]] == ["src", "README.md", "empty"]


def test_a_branch_with_a_slash_in_its_name_differs_from_a_folder(cast: Cast, library: Project, browser: Any) -> None:
    answer = get(browser, cast.reporter, "tree/feature/door/src")
    assert (answer.context["place"].ref.name, answer.context["place"].path) == ("feature/door", "src")
    assert [row.name for row in answer.context["rows"]] == ["a.py"]


def test_a_file_shows_as_escaped_lines_with_numbers(cast: Cast, library: Project, browser: Any) -> None:
    page = get(browser, cast.reporter, "blob/main/src/a.py").content.decode()
    assert 'id="L2"' in page
    assert "print(&#x27;&lt;b&gt;&#x27;)" in page


def test_an_empty_file_says_so(cast: Cast, library: Project, browser: Any) -> None:
    assert "This file is empty" in get(browser, cast.reporter, "blob/main/empty").content.decode()


def test_a_raw_file_is_plain_text_and_a_binary_one_is_saved(cast: Cast, library: Project, browser: Any) -> None:
    write(library, {b"page.html": b"<script>alert(1)</script>", b"logo.bin": b"\x00\xff"})
    text, binary = get(browser, cast.reporter, "raw/odd/page.html"), get(browser, cast.reporter, "raw/odd/logo.bin")
    assert text["Content-Type"] == "text/plain; charset=utf-8"
    assert text["X-Content-Type-Options"] == "nosniff"
    assert binary["Content-Disposition"].startswith("attachment")
    assert binary.content == b"\x00\xff"


def test_a_file_too_big_to_show_can_be_saved(cast: Cast, library: Project, browser: Any) -> None:
    write(library, {b"big.txt": b"a" * (512 * 1024 + 1)})
    assert "too large to show" in get(browser, cast.reporter, "blob/odd/big.txt").content.decode()


def test_any_file_name_that_git_knows_is_survived(cast: Cast, library: Project, browser: Any) -> None:
    write(library, {b"line\nbreak#?.txt": b"x", b"\xff\xfe.txt": b"y", "日本.txt".encode(): b"z"})
    answer = get(browser, cast.reporter, "tree/odd")
    assert answer.status_code == 200
    linked = [row for row in answer.context["rows"] if row.linkable]
    assert len(linked) == 2
    for row in linked:
        assert f"blob/odd/{row.name}" == f"blob/{row.address}"
    assert get(browser, cast.reporter, "blob/odd/line%0Abreak%23%3F.txt").status_code == 200
    assert get(browser, cast.reporter, "blob/odd/%E6%97%A5%E6%9C%AC.txt").status_code == 200


def test_commits_are_listed_newest_first_and_paged(cast: Cast, library: Project, browser: Any) -> None:
    for number in range(21):
        projects.commit(library, {f"{number}.txt": "x"}, f"Change {number}")
    first, second = get(browser, cast.reporter, "commits"), get(browser, cast.reporter, "commits/main?page=2")
    assert first.context["commits"][0].title == "Change 20"
    assert [commit.title for commit in second.context["commits"]] == ["Change 0", "First <i>words</i>"]
    assert "First &lt;i&gt;words" in second.content.decode()


def test_branches_and_tags_have_a_tab_each(cast: Cast, library: Project, browser: Any) -> None:
    names = [row[0].name for row in get(browser, cast.reporter, "branches").context["rows"]]
    assert names == ["feature/door", "main"]
    assert [row[0].name for row in get(browser, cast.reporter, "branches?kind=tags").context["rows"]] == ["v1.0"]
    assert [row[0].name for row in get(browser, cast.reporter, "branches?q=DOOR").context["rows"]] == ["feature/door"]


@pytest.mark.parametrize("inner", ["tree", "commits", "branches"])
def test_an_empty_repository_has_a_page(cast: Cast, browser: Any, inner: str) -> None:
    assert get(browser, cast.reporter, inner).status_code == 200


@pytest.mark.parametrize(
    "inner",
    [
        "tree/nothing", "tree/main/nothing", "tree/main/README.md", "tree/main/..", "tree/main/../..", "tree/main//etc",
        "blob/main/src/nothing", "blob/main/%00", "blob/" + "f" * 64, "raw/main/nothing", "commits/nothing",
        "commits/%00", "tree/abc", "tree/abcd", "tree/main/" + "a/" * 900, "tree/-", "tree/HEAD~1",
        "commits/main..v1.0",
    ],
)  # fmt: skip
def test_an_absent_file_is_not_found(cast: Cast, library: Project, browser: Any, inner: str) -> None:
    assert get(browser, cast.reporter, inner).status_code == 404


@pytest.mark.parametrize(
    "inner", ["tree", "tree/main", "blob/main/README.md", "raw/main/README.md", "commits", "branches"]
)
def test_a_guest_of_a_private_project_and_a_stranger_are_turned_away(
    cast: Cast, library: Project, browser: Any, inner: str
) -> None:
    assert get(browser, cast.guest, inner).status_code == 403
    assert get(browser, cast.outsider, inner).status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 5000, "4999"])
def test_an_odd_page_number_is_survived(cast: Cast, library: Project, browser: Any, page: str) -> None:
    assert get(browser, cast.reporter, f"commits/main?page={page}").status_code == 200


def write(project: Project, files: dict[bytes, bytes]) -> None:
    """A branch `odd` whose names may be any bytes; our own service would not write them, a push can."""
    git = pygit2.Repository(str(project.repository_path))
    raw = b"".join(b"100644 " + name + b"\0" + git.create_blob(data).raw for name, data in sorted(files.items()))
    tree = git.write(pygit2.enums.ObjectType.TREE, raw)
    who = pygit2.Signature("Tester", "tester@example.org")
    git.create_commit("refs/heads/odd", who, who, "Odd names", tree, [])


@pytest.mark.parametrize(("inner", "folder"), [("blob/main", "tree/main"), ("blob/main/src", "tree/main/src")])
def test_the_address_of_a_folder_as_a_file_leads_to_the_folder(
    cast: Cast, library: Project, browser: Any, inner: str, folder: str
) -> None:
    answer = get(browser, cast.reporter, inner)
    assert (answer.status_code, answer["Location"]) == (302, f"/acme/library/-/{folder}")
