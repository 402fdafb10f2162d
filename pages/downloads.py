"""Answers that a browser saves as a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse

from text.spreadsheets import csv_lines

CSV = "text/csv; charset=utf-8"


def attachment(name: str) -> dict[str, str]:
    """The header. `name`: letters, digits, `-`, `_` and `.` only."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def file_response(content: str | Iterable[str], name: str, content_type: str) -> HttpResponse | StreamingHttpResponse:
    """`content` in parts is sent as they are made."""
    kind = HttpResponse if isinstance(content, str) else StreamingHttpResponse
    return kind(content, content_type=content_type, headers=attachment(name))


def csv_response(rows: Iterable[Sequence[Any]], name: str) -> HttpResponse:
    """`rows`: with the header first."""
    return HttpResponse("".join(csv_lines(rows)), content_type=CSV, headers=attachment(name))
