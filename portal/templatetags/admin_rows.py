"""Cells of the administration's lists, for tables that become cards: `{% load admin_rows %}`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Any

from django import template
from django.contrib.admin.helpers import AdminField, AdminReadonlyField, InlineAdminForm
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

register = template.Library()

MAX_WORD = 16  # letters of a word that is not broken
_TAG = re.compile(r"<[^>]*>")  # in what Django has escaped
_CELL = re.compile(r"<(t[dh])( class=\"[^\"]*)?")
_WORD_ENDS = re.compile(r"[/_@-]")  # where a browser breaks a line by itself, or is told that it may
_JOINTS = re.compile(r"([_@/])(?=[^<>]*(?:<|$))")  # outside of tags
_DAY = re.compile(r">(\d{4}-\d\d-\d\d)(?=<| \d\d:\d\d<)")  # stays on one line
_ROLES = {"th": "rowheader", "td": "cell"}


@register.filter
def label_cells(cells: Sequence[str], headers: Sequence[dict[str, Any]]) -> Iterator[SafeString]:
    """Django's cells of a row, each with the name of its column, and marked where a word in it has to break."""
    for place, cell in enumerate(cells):
        yield _label(cell, _name_of(headers[place]) if place < len(headers) else "")


def _name_of(header: dict[str, Any]) -> str:
    """Kept with the header: each row asks for it."""
    if "name" not in header:
        text = str(header["text"])
        header["name"] = "" if "<input" in text else str(capfirst(text))
    return str(header["name"])


def _label(cell: str, name: str) -> SafeString:
    words = unescape(_TAG.sub("", cell)).split()
    if any(len(word) > MAX_WORD for word in words):
        cell = _JOINTS.sub(r"\1<wbr>", cell)
    breaks = any(len(part) > MAX_WORD for word in words for part in _WORD_ENDS.split(word))

    def start(match: re.Match[str]) -> str:
        label = format_html(' data-label="{}"', name) if name else ""
        classes = f"{match[2]} breaks" if breaks and match[2] else match[2] or ""
        return f'<{match[1]} role="{_ROLES[match[1]]}"{label}{classes}'

    shown = _CELL.sub(start, _DAY.sub(r'><span class="nowrap">\1</span>', cell), count=1)
    return mark_safe(shown)  # noqa: S308 -- Django has escaped the cell, format_html the name


@register.filter
def row_fields(row: InlineAdminForm) -> Iterator[AdminField | AdminReadonlyField]:
    """What a row of a table below another row shows, from left to right."""
    for fieldset in row:
        for line in fieldset:
            yield from line
