"""Markdown as HTML: what it becomes, and that nothing in it can harm the page around it."""

from __future__ import annotations

import re
import time

import pytest

from pages import markdown

pytestmark = pytest.mark.pure


def resolve(path: str, *, image: bool) -> str | None:
    return None if path.startswith("..") else f"/{'raw' if image else 'blob'}/{path}"


def html(text: str) -> str:
    rendered = markdown.render(text, resolve)
    assert rendered is not None
    return rendered


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Some *words* and `code`.", "<p>Some <em>words</em> and <code>code</code>.</p>"),
        ("~~old~~", "<s>old</s>"),
        ("5. five", '<ol start="5">'),
        ("```py\nx < 1\n```", '<code class="language-py">x &lt; 1'),
        ("> said", "<blockquote>\n<p>said</p>"),
        ("- [x] done", '<li class="task"><input type="checkbox" disabled="" checked="" aria-label="Done"> done</li>'),
        ("1. [ ] open", '<input type="checkbox" disabled="" aria-label="Not done"> open'),
        ("- [x]not a task", "<li>[x]not a task</li>"),
        ("| a | b |\n|--:|:-:|\n| 1 | 2 |", '<td class="text-end">1</td>\n<td class="text-center">2</td>'),
        ("<https://example.com/?a=1&b=2>", 'href="https://example.com/?a=1&amp;b=2"'),
    ],
)
def test_markdown_becomes_html(source: str, expected: str) -> None:
    assert expected in html(source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[x](docs/a.md)", 'href="/blob/docs/a.md"'),
        ("[x](docs/a.md#part)", 'href="/blob/docs/a.md#part"'),
        ("[x](a%20b.md)", 'href="/blob/a b.md"'),
        ("[x](#part)", 'href="#md-part"'),
        ("[x](//example.com/y)", 'href="https://example.com/y"'),
        ("[x](mailto:a@example.com)", 'href="mailto:a@example.com"'),
        ("![logo](logo.png)", '<img src="/raw/logo.png" alt="logo">'),
    ],
)
def test_relative_links_lead_to_files_and_others_stay(source: str, expected: str) -> None:
    assert expected in html(source)


def test_every_link_leaves_without_telling_where_from() -> None:
    assert 'rel="nofollow noopener noreferrer"' in html("[x](https://example.com)")


def test_an_image_of_another_site_is_a_link_and_not_loaded() -> None:
    assert "<img" not in html("![badge](https://example.com/b.svg)")
    assert 'href="https://example.com/b.svg"' in html("![badge](https://example.com/b.svg)")
    inside = html("[![badge](https://example.com/b.svg)](https://example.com)")
    assert inside.count("<a ") == 1
    assert ">badge</a>" in inside


def test_headings_have_unique_ids_and_levels_below_the_pages_own_without_a_gap() -> None:
    text = html("# Get started!\n#### Deep *one*\n## Next\n# Get started!\n")
    assert re.findall(r'<(h\d) id="([^"]*)"', text) == [
        ("h3", "md-get-started"),
        ("h4", "md-deep-one"),
        ("h4", "md-next"),
        ("h3", "md-get-started-1"),
    ]


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<style>*{display:none}</style>",
    "text <b onclick=alert(1)>x</b> <iframe src=//evil>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    '![x](a.png "\\" onerror=\\"alert(1)")',
    '[x](a.md "\\" onmouseover=\\"alert(1)")',
    '![" onerror="alert(1)](https://example.com/x.png)',
    '```py" onclick="alert(1)\nx\n```',
    "<javascript:alert(1)>",
    "[a]: javascript:alert(1)\n\n[a]",
    '# <svg onload=alert(1)> " onload="x',
    "| a |\n|---|\n| <script>alert(1)</script> |",
    "- [ ] <input autofocus onfocus=alert(1)>",
    "[x](//evil\\@example.com)",
    "[x](http://[::1)",
    "[x](a%00b)",
    "[x](../../../etc/passwd)",
]


@pytest.mark.parametrize("source", HOSTILE)
def test_hostile_markdown_brings_no_script_style_or_form_into_the_page(source: str) -> None:
    tags = re.findall(r"<[^>]*>", html(source))
    for tag in tags:
        name = re.match(r"</?(\w+)", tag)
        assert name, tag
        assert name[1] not in {"script", "style", "iframe", "svg", "form", "object", "b"}, tag
        bare = re.sub(r'"[^"]*"', '""', tag)
        assert not re.search(r"\son\w+=|style=", bare), tag
        assert not re.search(r'(href|src)="\s*(javascript|data|vbscript|file):', tag, re.IGNORECASE), tag
        assert "type=" not in tag or 'type="checkbox" disabled' in tag


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "![",
        "[a](",
        "*a_ ",
        "**a ",
        "> ",
        "- [ ] a\n",
        "# a\n",
        "|a",
        "`",
        "<",
        "[]()",
        "a\n---\n",
        "~~",
        "&#x41;",
        "\\",
    ],
)
def test_no_markdown_takes_long_and_what_would_is_left_as_text(piece: str) -> None:
    text = (piece * markdown.MAX_MARKDOWN_BYTES)[: markdown.MAX_MARKDOWN_BYTES]
    start = time.process_time()
    markdown.render(text, resolve)
    assert time.process_time() - start < 4 * markdown.MAX_SECONDS


def test_too_much_markdown_is_left_as_text() -> None:
    assert markdown.render("a" * (markdown.MAX_MARKDOWN_BYTES + 1), resolve) is None
    assert markdown.render("é" * (markdown.MAX_MARKDOWN_BYTES // 2 + 1), resolve) is None


def test_rendering_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "MAX_SECONDS", -1.0)
    assert markdown.render("# a", resolve) is None
