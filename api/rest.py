"""What every REST endpoint shares: JSON in and out, and errors in GitLab's words (resources.md §0.2)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent, ValidationError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response

from api.input.faults import parameter_faults
from blobs.errors import FileMissing, UploadError
from text.rate_limit import RateLimit

REASONS = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 409: "Conflict",
           410: "Gone", 413: "Request Entity Too Large", 415: "Unsupported Media Type", 416: "Range Not Satisfiable",
           422: "Unprocessable Entity", 429: "Too Many Requests"}  # fmt: skip


class ORJSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else orjson.dumps(data, default=str)


class ORJSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(most + 1)
        if len(body) > most:
            raise RequestDataTooBig
        if not body.strip():  # python-gitlab sends the JSON content type on requests without a body
            return {}
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise exceptions.ParseError("The body is not valid JSON") from error
        return {} if data is None else data


class AlwaysJSON(BaseContentNegotiation):
    """Clients ask for all sorts of things (npm for its own type, curl for */*); the API only speaks JSON."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        kind = (request.content_type or "").split(";")[0].strip().lower()
        for parser in parsers:
            if parser.media_type == kind:
                return parser
        return parsers[0] if not kind else None

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class ApiError(exceptions.APIException):
    """An answer that ends the request: status, body and headers as the contract words them."""

    def __init__(self, status_code: int, body: dict[str, Any] | str, headers: dict[str, str] | None = None) -> None:
        super().__init__(body if isinstance(body, str) else str(body))
        self.status_code = status_code
        self.body = {"message": body} if isinstance(body, str) else body
        self.headers = headers or {}


def bad_request(reason: str) -> ApiError:
    return ApiError(400, f"400 Bad request - {reason}")


def not_found(what: str = "") -> ApiError:
    """`not_found("Project")` → `404 Project Not Found`."""
    return ApiError(404, f"404 {what} Not Found" if what else "404 Not Found")


def no_route() -> ApiError:
    """What `portal.api.fallback` answers, of an address that looks like another that there is."""
    return ApiError(404, {"error": "404 Not Found"})


def forbidden(reason: str = "") -> ApiError:
    return ApiError(403, f"403 Forbidden - {reason}" if reason else "403 Forbidden")


def too_many_requests(text: str, limit: RateLimit) -> ApiError:
    return ApiError(429, text, limit.headers)


def invalid(field: str, text: str) -> ApiError:
    """A value a model refuses: `{"message":{"field":["text"]}}`."""
    return ApiError(400, {"message": {field: [text]}})


class ErrorContent(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str] = {}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler."""
    answer = error_content(error)
    return None if answer is None else Response(answer.body, status=answer.status, headers=answer.headers)


def error_content(error: Exception) -> ErrorContent | None:
    """Any refusal in the shape GitLab's clients read; None for what is no refusal."""
    match error:
        case ApiError():
            return ErrorContent(error.status_code, error.body, error.headers)
        case RequestDataTooBig() | TooManyFieldsSent():
            return ErrorContent(413, {"message": "413 Request Entity Too Large"})
        case UploadError():
            return ErrorContent(error.status, _upload_fault(error))
        case Http404():
            return ErrorContent(404, {"message": "404 Not found"})
        case PermissionDenied():
            return ErrorContent(403, {"message": "403 Forbidden"})
        case ValidationError():
            return ErrorContent(400, {"message": _messages(error)})
        case exceptions.ParseError():
            return ErrorContent(400, {"message": f"400 Bad request - {error.detail}"})
        case exceptions.ValidationError():
            return ErrorContent(400, {"error": parameter_faults(error.detail)})
        case exceptions.APIException():
            code = error.status_code
            reason = REASONS.get(code, "Error")
            headers = {"Retry-After": str(error.wait)} if getattr(error, "wait", None) else {}  # type: ignore[attr-defined]
            return ErrorContent(code, {"message": f"{code} {reason}"}, headers)
        case _:
            return None


def _upload_fault(error: UploadError) -> dict[str, str]:
    if isinstance(error, FileMissing):  # a parameter like any other
        return {"error": error.text}
    if error.status == 400:
        return {"message": f"400 Bad request - {error.text}"}
    return {"message": f"{error.status} {REASONS[error.status]}"}


def _messages(error: ValidationError) -> dict[str, list[str]]:
    if hasattr(error, "error_dict"):
        return {("base" if field == "__all__" else field): texts for field, texts in error.message_dict.items()}
    return {"base": error.messages}


def moment(at: datetime | None) -> str | None:
    """A point in time as GitLab writes it: `2024-05-01T12:00:00.000Z`."""
    if at is None:
        return None
    in_utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return in_utc.isoformat(timespec="milliseconds")[:23] + "Z"
