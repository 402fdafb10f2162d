"""Filters above a list: `{% load filters %}`.

{% filters _("Jobs") %}{% search_field q _("Name or ref") %}{% select_field "status" _("Status") choices status %}
{% endfilters %}
"""

from collections.abc import Iterable
from typing import Any

from django import template
from django.http import QueryDict
from django.template import Context
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pages.listing import MAX_QUERY

register = template.Library()

Words = str | Promise


@register.simple_block_tag(takes_context=True)
def filters(context: Context, content: str, label: Words, keep: str = "") -> SafeString:
    """A GET form above a list. `keep` is a query ("state=stopped") that filtering and "Show all" leave as it is."""
    kept = QueryDict(keep)
    given = context["request"].GET
    is_filtered = any(value for name, value in given.items() if name != "page" and name not in kept)
    return format_html(
        '<form class="filters" role="search" aria-label="{}" '
        'hx-boost="true" hx-target="#main" hx-select="#main" hx-swap="outerHTML">'
        '{}{}<button class="btn btn-sm" type="submit">{}</button>{}</form>',
        label,
        content,
        format_html_join("", '<input type="hidden" name="{}" value="{}">', kept.items()),
        _("Filter"),
        format_html('<a class="btn btn-sm" href="?{}">{}</a>', keep, _("Show all")) if is_filtered else "",
    )


@register.simple_tag
def search_field(q: str, placeholder: Words) -> SafeString:
    """The field `q` of a filter form."""
    return format_html(
        '<div><label class="form-label small" for="f-q">{}</label><input class="form-control form-control-sm" id="f-q" '
        'name="q" type="search" value="{}" maxlength="{}" placeholder="{}"></div>',
        _("Search"),
        q,
        MAX_QUERY,
        placeholder,
    )


@register.simple_tag
def select_field(name: str, label: Words, choices: Iterable[tuple[Any, Words]], chosen: Any) -> SafeString:
    """A select of a filter form; `choices` are (value, words) as in Django's forms."""
    return format_html(
        '<div><label class="form-label small" for="f-{}">{}</label>'
        '<select class="form-select form-select-sm" id="f-{}" name="{}">{}</select></div>',
        name,
        label,
        name,
        name,
        options(choices, chosen),
    )


@register.simple_tag
def options(choices: Iterable[tuple[Any, Words]], chosen: Any) -> SafeString:
    """What a select offers; `choices` are (value, words) as in Django's forms."""
    rows = ((value, SafeString(" selected") if str(value) == str(chosen) else "", words) for value, words in choices)
    return format_html_join("", '<option value="{}"{}>{}</option>', rows)
