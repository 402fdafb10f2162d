"""A job's log as HTML: `{% load job_log %}`.

Built here and not in a template because a log shows every space between two tags, and has thousands of lines: the words
are translated once, and only text is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from jobs.logs.parser import Line, Section, Span
from text.durations import duration_text

register = template.Library()


@register.simple_tag
def log_line(line: Line, replaces: bool = False) -> SafeString:
    """A line with its number, its time and its colours; `replaces`: it takes the place of the one on the page."""
    return mark_safe(_Words().line(line, ' hx-swap-oob="true"' if replaces else ""))  # noqa: S308


@register.simple_tag
def log_section(section: Section) -> SafeString:
    """The lines and inner sections of a section."""
    return mark_safe("".join(_parts(section, _Words())))  # noqa: S308


class _Words:
    """Each in the reader's language, escaped."""

    def __init__(self) -> None:
        before, _number, after = _("Line %(n)d").partition("%(n)d")
        self.before, self.after = escape(before), escape(after)
        hidden = escape(_("A secret, hidden"))
        self.masked = f'<span class="masked" title="{hidden}">[MASKED]</span>'

    def line(self, line: Line, attributes: str = "") -> str:
        """The link names the line to the server too, which may show another part of the log otherwise."""
        n, at = line.number, f"<time>{escape(line.time)}</time>" if line.time else ""
        link = f'<a href="?line={n}#L{n}" tabindex="-1" aria-label="{self.before}{n}{self.after}">{n}</a>'
        return f'<p id="L{n}"{attributes}>{link}{at}<span>{"".join(map(self.span, line.spans))}</span></p>'

    def span(self, span: Span) -> str:
        if span.masked:
            return self.masked
        return f'<span class="{span.css}">{escape(span.text)}</span>' if span.css else escape(span.text)


def _parts(section: Section, words: _Words) -> Iterator[str]:
    for part in section.parts:
        if isinstance(part, Line):
            yield words.line(part)
            continue
        took = "" if part.seconds is None else duration_text(part.seconds)
        yield f'<details id="S{part.number}"{"" if part.collapsed else " open"}>'
        title = f'{escape(part.title or part.name)}<span class="took" id="T{part.number}">{escape(took)}</span>'
        yield f"<summary>{title}</summary>"
        yield from _parts(part, words)
        yield "</details>"
