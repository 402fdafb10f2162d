"""`POST /api/graphql` (job-token.md §4)."""

from __future__ import annotations

from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from strawberry.types import ExecutionResult

from config.rest import ApiError
from graph.context import Context
from graph.schema import schema
from identity.resolve import BadCredential, CsrfFailure
from tokenaccess.drf import bad_credential, refusal
from tokenaccess.gate import Access, ask
from tokenaccess.policy import Action, Refusal
from tokenaccess.reference import ABSENT
from tokenaccess.web import public

LARGEST = 256 * 1024  # bytes of a request's body


class BadRequest(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@public  # a visitor may ask; each field that is not for everyone asks the gate
@csrf_exempt  # who comes by session is asked for the proof when the credential is resolved (identity.resolve)
def graphql(request: HttpRequest) -> HttpResponse:
    """Takes `{"query", "variables", "operationName"}` and answers `{"data", "errors"}`.

    4xx with `errors` when the request cannot be understood or the credential is refused; 200 once anything was
    executed.
    """
    try:
        asked = _read(request)
        access = _identify(request)
    except BadRequest as error:
        return _answer(error.status, {"errors": [{"message": str(error)}]})
    except BadCredential as bad:
        return _refused(bad_credential(bad), "Invalid token")
    except CsrfFailure:
        return _answer(403, {"errors": [{"message": "CSRF token missing or incorrect"}]})
    except ApiError as error:
        return _refused(error, "")
    result = schema.execute_sync(
        asked["query"],
        variable_values=asked["variables"],
        operation_name=asked["operationName"],
        context_value=Context(request, access.user),
    )
    return _answer(_status(result), _body(result))


def _identify(request: HttpRequest) -> Access:
    """Whoever asks may be nobody; a credential that is presented must be a good one, and of a scope that reads."""
    access = ask(request, Action.USE_INSTANCE, ABSENT)
    if access.decision.refusal not in {None, Refusal.SIGN_IN}:
        raise refusal(access)
    return access


def _read(request: HttpRequest) -> dict[str, Any]:
    if request.method != "POST":
        raise BadRequest(405, "GraphQL is asked by POST.")
    if (request.content_type or "application/json").lower() != "application/json":
        raise BadRequest(415, "The body must be application/json.")
    try:
        body = request.body
    except RequestDataTooBig:
        body = b" " * (LARGEST + 1)
    if len(body) > LARGEST:
        raise BadRequest(413, f"The request is larger than {LARGEST} bytes.")
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequest(400, "The body is not valid JSON.") from None
    if not isinstance(asked, dict):
        raise BadRequest(400, "The body must be a JSON object with a query.")
    found = {name: asked.get(name) for name in ("query", "variables", "operationName")}
    if not isinstance(found["query"], str) or not found["query"].strip():
        raise BadRequest(400, "query is missing")
    for name, kind in (("variables", dict), ("operationName", str)):
        if found[name] is not None and not isinstance(found[name], kind):
            raise BadRequest(400, f"{name} is invalid")
    return found


def _status(result: ExecutionResult) -> int:
    """400 when nothing could be executed: the query does not parse, or asks for what there is not."""
    executed = result.data is not None or any(error.path for error in result.errors or [])
    return 200 if executed else 400


def _body(result: ExecutionResult) -> dict[str, Any]:
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    return body


def _refused(error: ApiError, message: str) -> HttpResponse:
    """The refusal of REST, told in GraphQL's shape."""
    text = message or error.body.get("error_description") or error.body.get("message", "")
    return _answer(error.status_code, {"errors": [{"message": text}]}, error.headers)


def _answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> HttpResponse:
    response = HttpResponse(orjson.dumps(body), content_type="application/json", status=status, headers=headers)
    if status == 405:
        response["Allow"] = "POST"
    return response
