"""The README on the overview of a project."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import projects
from tests.factories.cast import Cast

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


def overview(browser: Any, cast: Cast) -> str:
    text: str = browser(cast.reporter).get("/acme/library").content.decode()
    return text


def test_a_readme_is_rendered_and_its_links_lead_into_the_repository(cast: Cast, browser: Any) -> None:
    text = "# Library\n\n[guide](docs/guide.md#use) [docs](docs/) [top](/) ![logo](./img/logo.png) [out](../../x)"
    projects.commit(cast.library, {"README.md": text, "docs/guide.md": "# Guide", "img/logo.png": PNG})
    shown = overview(browser, cast)
    assert '<h3 id="md-library">Library</h3>' in shown
    assert 'href="/acme/library/-/blob/main/docs/guide.md#use"' in shown
    assert 'href="/acme/library/-/tree/main"' in shown
    assert '<img src="/acme/library/-/raw/main/img/logo.png" alt="logo">' in shown
    assert ">out</a>" in shown
    assert "../x" not in shown
    for address in ("blob/main/docs/guide.md", "raw/main/img/logo.png"):
        assert browser(cast.reporter).get(f"/acme/library/-/{address}").status_code == 200
    folder = browser(cast.reporter).get("/acme/library/-/blob/main/docs")
    assert (folder.status_code, folder["Location"]) == (302, "/acme/library/-/tree/main/docs")


def test_an_image_of_the_repository_can_be_drawn_and_nothing_else_runs(cast: Cast, browser: Any) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    files = {"a.png": PNG, "b.svg": svg, "c.html": b"<script>", "d.png": b"\0<script>alert(1)</script>"}
    projects.commit(cast.library, files)
    kinds = {}
    for name in files:
        answer = browser(cast.reporter).get(f"/acme/library/-/raw/main/{name}")
        kinds[name] = (answer["Content-Type"], answer["X-Content-Type-Options"])
    assert kinds == {
        "a.png": ("image/png", "nosniff"),
        "b.svg": ("text/plain; charset=utf-8", "nosniff"),
        "c.html": ("text/plain; charset=utf-8", "nosniff"),
        "d.png": ("application/octet-stream", "nosniff"),
    }


@pytest.mark.parametrize("name", ["README", "README.txt", "README.rst"])
def test_a_readme_that_is_no_markdown_is_shown_as_it_is(cast: Cast, browser: Any, name: str) -> None:
    projects.commit(cast.library, {name: "# Not *rendered* <b>"})
    assert "# Not *rendered* &lt;b&gt;</pre>" in overview(browser, cast)


def test_a_readme_too_long_to_render_is_shown_as_it_is(cast: Cast, browser: Any) -> None:
    projects.commit(cast.library, {"README.md": "# Long\n" + "a" * 70_000})
    assert "# Long\n" in overview(browser, cast)
    assert 'id="md-long"' not in overview(browser, cast)
