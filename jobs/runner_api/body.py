"""Reads the bodies of requests of runners, with or without Content-Length."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import orjson
from django.http import HttpRequest
from django.http.request import UnreadablePostError
from rest_framework.parsers import BaseParser

from api.input.form_parsers import MultipartParser, UrlEncodedParser
from api.input.nested_form import last_values
from api.input.parameters import merge, query_parameters
from api.rest import ApiError, bad_request
from text.numbers import is_number

_FORMS: dict[str, BaseParser] = {parser.media_type: parser() for parser in (UrlEncodedParser, MultipartParser)}
MAX_JSON_SIZE = 1024 * 1024
MAX_PATCH_SIZE = 10 * 1024 * 1024


def read_body(request: HttpRequest, most: int) -> bytes:
    """The whole body. Raises ApiError: 413 if it is too large, 400 if it ends early."""
    header = request.META.get("CONTENT_LENGTH") or ""
    declared = int(header) if is_number(header) else 0
    if declared > most:
        raise ApiError(413, "413 Request Entity Too Large")
    data = bytearray()
    try:
        while block := request.read(most + 1 - len(data)):
            data += block
            if len(data) > most:
                raise ApiError(413, "413 Request Entity Too Large")
    except (UnreadablePostError, OSError) as error:
        raise bad_request("The body ended early") from error
    if len(data) < declared:
        raise bad_request("The body ended early")
    return bytes(data)


def parameters(request: HttpRequest) -> dict[str, Any]:
    """The parameters in the query and in the body: a JSON object, a form, or nothing (also `null`, runner.md §0)."""
    parser = _FORMS.get(str(request.content_type))
    raw = read_body(request, MAX_JSON_SIZE)
    try:
        if parser is not None:
            data = parser.parse(BytesIO(raw), request.META.get("CONTENT_TYPE", ""))
        else:
            data = orjson.loads(raw) if raw.strip() else {}
    except orjson.JSONDecodeError as error:
        raise bad_request("The body is not valid JSON") from error
    return last_values(merge(query_parameters(request), data))


def printable_text(value: Any, most: int = 255) -> str:
    """A token or id; an empty text for any value that cannot be one."""
    return value.strip() if isinstance(value, str) and len(value) <= most and value.isprintable() else ""
