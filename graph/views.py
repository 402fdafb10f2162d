"""`/api/graphql` by POST, and queries by GET (job-token.md §4)."""

from __future__ import annotations

from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from api.rest import ApiError
from graph.schema import schema
from identity.credentials.resolve import BadCredential, CsrfFailure
from identity.sign_in.recency import is_recent
from tokenaccess.access.gate import check
from tokenaccess.access.id_or_path import ABSENT
from tokenaccess.access.request_state import request_state
from tokenaccess.access.result import Access
from tokenaccess.adapters.drf import bad_credential_error, refusal_error
from tokenaccess.adapters.graphql.context import Context
from tokenaccess.adapters.pages import public
from tokenaccess.policy import Action, Refusal

MAX_BODY_SIZE = 256 * 1024  # bytes of a request's body
# A GET changes nothing: no page that a browser is lured to can do anything in its user's name.
_BY_METHOD = {
    "POST": (OperationType.QUERY, OperationType.MUTATION),
    "GET": (OperationType.QUERY,),
    "HEAD": (OperationType.QUERY,),
}


OLD_SESSION = "Sign in again, or use a token: the session is too old to change this"


class BadRequest(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@public  # open to visitors; each field that is not for everyone asks the gate
@csrf_exempt  # for sessions, CSRF is checked when the credential is resolved (identity.credentials.resolve)
def graphql(request: HttpRequest) -> HttpResponse:
    """Accepts `{"query", "variables", "operationName"}` and returns `{"data", "errors"}`.

    4xx with `errors` if the request is invalid or the credential refused; 200 once anything was executed.
    """
    try:
        asked = _read(request)
        access = _authenticate(request)
    except BadRequest as error:
        return _respond(error.status, {"errors": [{"message": str(error)}]})
    except BadCredential as bad:
        return _error_answer(bad_credential_error(bad), "Invalid token")
    except CsrfFailure:
        return _respond(403, {"errors": [{"message": "CSRF token missing or incorrect"}]})
    except ApiError as error:
        return _error_answer(error, "")
    allowed = _BY_METHOD[str(request.method)]
    if request_state(request).is_session and not is_recent(request):
        allowed = (OperationType.QUERY,)  # a session that is left open somewhere changes nothing, as in the REST API
    context = Context(request, access.caller_user)
    try:
        result = schema.execute_sync(
            asked["query"],
            variable_values=asked["variables"],
            operation_name=asked["operationName"],
            context_value=context,
            allowed_operation_types=allowed,
        )
    except InvalidOperationTypeError as error:
        method = str(request.method)
        if allowed != _BY_METHOD[method]:
            return _respond(403, {"errors": [{"message": OLD_SESSION}]})
        reason = {"data": None, "errors": [{"message": error.as_http_error_reason(method)}]}
        return _respond(400 if method == "POST" else 405, reason)
    except CannotGetOperationTypeError as error:
        return _respond(400, {"data": None, "errors": [{"message": error.as_http_error_reason()}]})
    if context.outage is not None:
        raise context.outage
    return _answer(result)


def _authenticate(request: HttpRequest) -> Access:
    """Visitors are allowed; a credential, if presented, must be valid and have a scope for reading."""
    access = check(request, Action.USE_INSTANCE, ABSENT)
    if access.decision.refusal not in {None, Refusal.SIGN_IN}:
        raise refusal_error(access)
    return access


def _read(request: HttpRequest) -> dict[str, Any]:
    """The query, its variables and the name of its operation. Raises BadRequest."""
    if request.method not in _BY_METHOD:
        raise BadRequest(405, "GraphQL is asked by GET or POST.")
    asked = _read_body(request) if request.method == "POST" else _read_query(request)
    if not isinstance(asked, dict):
        raise BadRequest(400, "The body must be a JSON object with a query.")
    found = {name: asked.get(name) for name in ("query", "variables", "operationName")}
    if not isinstance(found["query"], str) or not found["query"].strip():
        raise BadRequest(400, "query is missing")
    for name, kind in (("variables", dict), ("operationName", str)):
        if found[name] is not None and not isinstance(found[name], kind):
            raise BadRequest(400, f"{name} is invalid")
    return found


def _read_query(request: HttpRequest) -> Any:
    """`query`, `variables` as JSON, `operationName`."""
    given: dict[str, Any] = {name: request.GET.get(name) for name in ("query", "variables", "operationName")}
    try:
        given["variables"] = orjson.loads(given["variables"]) if given["variables"] else None
    except orjson.JSONDecodeError:
        raise BadRequest(400, "variables is not valid JSON.") from None
    return given


def _read_body(request: HttpRequest) -> Any:
    if (request.content_type or "application/json").lower() != "application/json":
        raise BadRequest(415, "The body must be application/json.")
    try:
        body = request.body
    except RequestDataTooBig:
        body = b" " * (MAX_BODY_SIZE + 1)
    if len(body) > MAX_BODY_SIZE:
        raise BadRequest(413, f"The request is larger than {MAX_BODY_SIZE} bytes.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequest(400, "The body is not valid JSON.") from None


def _answer(result: ExecutionResult) -> HttpResponse:
    """400 if nothing could be executed: the query does not parse or names unknown fields."""
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    executed = result.data is not None or any(error.path for error in result.errors or [])
    return _respond(200 if executed else 400, body)


def _error_answer(error: ApiError, message: str) -> HttpResponse:
    """The REST error in GraphQL's format."""
    text = message or error.body.get("error_description") or error.body.get("message", "")
    return _respond(error.status_code, {"errors": [{"message": text}]}, error.headers)


def _respond(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> HttpResponse:
    response = HttpResponse(orjson.dumps(body), content_type="application/json", status=status, headers=headers)
    if status == 405:
        response["Allow"] = "GET, POST"
    return response
