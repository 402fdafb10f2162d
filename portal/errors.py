"""What a person reads when something is wrong; programs get the same in their own format."""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from outages.conflicts import conflict_of
from outages.kinds import Outage, outage_of

PLAIN_500 = "500: something broke on our side. Nothing was left half done. Try again in a minute."


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """With the sentence of a BadRequest that a page raised."""
    reason = str(exception) if isinstance(exception, BadRequest) else ""
    return _error_response(request, 400, "400 Bad Request", reason)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 with the sentence of the refusal, when it brought one."""
    reason = str(exception) if exception and exception.args else ""
    return _error_response(request, 403, "403 Forbidden", reason)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Hidden and absent look the same: the page says nothing about the address."""
    return _error_response(request, 404, "404 Not Found")


def server_error(request: HttpRequest) -> HttpResponse:
    """Every error that nobody handled. 500 without a detail, or what an outage or a conflict is answered with; without
    a query: the database may be what is broken, or the templates."""
    if "\0" in request.path_info:  # nothing has it in its name; PostgreSQL fails instead of finding nothing
        return not_found(request)
    outage = outage_of(sys.exception()) or conflict_of(sys.exception())
    try:
        if outage is not None:
            return _outage_response(request, outage)
        if not _speaks_html(request):
            return _error_response(request, 500, "500 Internal Server Error")
        return render(None, "500.html", status=500)
    except Exception:  # the last answer must always come
        return _text(500, PLAIN_500) if outage is None else _text(outage.status, outage.sentence)


def _outage_response(request: HttpRequest, outage: Outage) -> HttpResponse:
    response: HttpResponse
    if request.path_info.startswith("/api/"):
        response = JsonResponse(_json(request, f"{outage.line} - {outage.sentence}"))
    elif _speaks_html(request):
        response = render(None, "outage.html", {"outage": outage})
    else:
        response = _text(outage.status, f"{outage.sentence}\n")
    response.status_code = outage.status
    for name, value in {**outage.headers, "Cache-Control": "no-store"}.items():
        response[name] = value
    return response


def _json(request: HttpRequest, message: str) -> dict[str, Any]:
    is_graphql = request.path_info == "/api/graphql"
    return {"errors": [{"message": message}]} if is_graphql else {"message": message}


def _text(status: int, body: str) -> HttpResponse:
    return HttpResponse(body, status=status, content_type="text/plain; charset=utf-8")


def _speaks_html(request: HttpRequest) -> bool:
    """The API speaks JSON and git reads plain text; everyone else is taken for a browser."""
    return not request.path_info.startswith("/api/") and ".git/" not in request.path_info


def _error_response(request: HttpRequest, status: int, line: str, reason: str = "") -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return JsonResponse({"error": line}, status=status)
    if not _speaks_html(request):
        return _text(status, f"{line}\n")
    return render(request, f"{status}.html", {"reason": reason}, status=status)
