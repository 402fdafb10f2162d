"""Bodies of a runner's requests, with or without Content-Length."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from config.rest import ApiError, bad_request

LARGEST_JSON = 1024 * 1024
LARGEST_PATCH = 10 * 1024 * 1024


def read(request: HttpRequest, most: int) -> bytes:
    """The whole body. 413 when it is too large, 400 when it ends early."""
    declared = request.META.get("CONTENT_LENGTH") or ""
    if declared.isdigit() and int(declared) > most:
        raise ApiError(413, "413 Request Entity Too Large")
    data = bytearray()
    try:
        while block := request.read(most + 1 - len(data)):
            data += block
            if len(data) > most:
                raise ApiError(413, "413 Request Entity Too Large")
    except (UnreadablePostError, OSError) as error:
        raise bad_request("The body ended early") from error
    if declared.isdigit() and len(data) < int(declared):
        raise bad_request("The body ended early")
    return bytes(data)


def parameters(request: HttpRequest) -> dict[str, Any]:
    """A JSON object, a form, or nothing (`null` too, runner.md §0)."""
    if request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return {**request.GET.dict(), **request.POST.dict()}
    raw = read(request, LARGEST_JSON)
    try:
        data = orjson.loads(raw) if raw.strip() else {}
    except orjson.JSONDecodeError as error:
        raise bad_request("The body is not valid JSON") from error
    return {**request.GET.dict(), **(data if isinstance(data, dict) else {})}


def text(value: Any, most: int = 255) -> str:
    """A token, an id or the like; anything that cannot be one is nothing."""
    return value.strip() if isinstance(value, str) and len(value) <= most and value.isprintable() else ""
