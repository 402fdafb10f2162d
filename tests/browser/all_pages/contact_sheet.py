"""One page with all the screenshots, what the console said, and what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from tests.browser.all_pages.world import Page

HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>All pages</title><style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; }
.shots { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; align-items: start; }
img { width: 100%; height: 20rem; object-fit: cover; object-position: top; border: 1px solid #999; }
li.found { color: #a00; }
</style>"""


def write_sheet(
    folder: Path,
    shown: list[tuple[Page, list[str]]],
    left_out: dict[str, str],
    themes: Sequence[str],
    widths: Sequence[int],
) -> None:
    """`shown`: pages, and what the console said on each. The pictures are `NAME-THEME-WIDTH.jpg` beside the sheet."""
    total = sum(len(found) for _, found in shown)
    parts = [HEAD, f"<h1>{len(shown)} pages, {total} words of the console, {len(left_out)} addresses left out</h1>"]
    for page, found in shown:
        parts.append(f"<h2>{escape(page.path)} {escape(page.note)} ({escape(page.person or 'a visitor')})</h2>")
        parts += [f'<ul><li class="found">{escape(one)}</ul>' for one in found]
        names = [f"{page.name}-{theme}-{width}.jpg" for width in widths for theme in themes]
        shots = "".join(f'<a href="{name}"><img loading="lazy" alt="{name}" src="{name}"></a>' for name in names)
        parts.append(f'<div class="shots">{shots}</div>')
    parts.append("<h2>Left out</h2><ul>")
    parts += [f"<li>{escape(path)}: {escape(why)}" for path, why in left_out.items()]
    (folder / "index.html").write_text("\n".join([*parts, "</ul></html>"]))
