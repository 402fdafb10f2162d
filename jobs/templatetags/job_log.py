"""Lines of a job's log: `{% load job_log %}`."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from jobs.logs.parser import Line, Span

register = template.Library()


@register.simple_tag
def log_line(line: Line, replaces: bool = False) -> SafeString:
    """A line with its number, its time and its colours; `replaces`: it takes the place of the one on the page. The link
    names the line to the server too, which may show another part of the log otherwise.

    Built here and not in a template because a log shows every space between two tags.
    """
    return format_html(
        '<p id="L{}"{}><a href="?line={}#L{}" tabindex="-1" aria-label="{}">{}</a>{}<span>{}</span></p>',
        line.number,
        SafeString(' hx-swap-oob="true"') if replaces else "",
        line.number,
        line.number,
        _("Line %(n)d") % {"n": line.number},
        line.number,
        format_html("<time>{}</time>", line.time) if line.time else "",
        format_html_join("", "{}", ((_span(span),) for span in line.spans)),
    )


def _span(span: Span) -> SafeString | str:
    if span.masked:
        return format_html('<span class="masked" title="{}">[MASKED]</span>', _("A secret, hidden"))
    return format_html('<span class="{}">{}</span>', span.css, span.text) if span.css else span.text
