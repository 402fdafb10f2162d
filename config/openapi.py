"""The API's description for machines (OpenAPI), derived from what the endpoints declare.

REST framework's views are described through `Described`; the hottest endpoints are plain views, which drf-spectacular
does not see: `add_plain_endpoints` adds them in the same words.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Any

from django.utils.text import capfirst
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework.views import APIView

from tokenaccess.endpoints import Endpoint, endpoints
from tokenaccess.policy.actions import NEEDS, Action, Kind

SCHEMES: dict[str, dict[str, Any]] = {
    "personal": {"type": "apiKey", "in": "header", "name": "PRIVATE-TOKEN", "description": "A personal access token."},
    "bearer": {"type": "http", "scheme": "bearer", "description": "A personal access token or a running job's token."},
    "job": {"type": "apiKey", "in": "header", "name": "JOB-TOKEN", "description": "The token of a running CI job."},
    "session": {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "Signed in with a browser."},
}
API = "/api/v4/"
_PARAMETER = re.compile(r"{(\w+)}")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_SUCCESS = {"POST": 201, "DELETE": 204}
_MESSAGE = {"type": "object", "properties": {"message": {"type": "string"}}}
_REFUSALS = {
    401: "No credential where one is needed, or one that is worth nothing.",
    403: "Seen, but not allowed; the message says why when a token's permissions are the reason.",
    404: "Not there, or hidden from this caller.",
}


class Described(AutoSchema):
    """Our views have no serializer per method to guess from; what can be said is said from the declared action."""

    @property
    def action(self) -> Action | None:
        return getattr(self.view, "actions", {}).get(self.method)

    def get_operation_id(self) -> str:
        return operation_id(self.method, self.path)

    def get_summary(self) -> str:
        return summary(self.action, self.view)

    def get_description(self) -> str:  # type: ignore[override]
        return description(self.action, self.view)

    def get_tags(self) -> list[str]:
        return [tag(self.path)]

    def get_auth(self) -> list[dict[str, Any]]:
        return security(self.action)

    def get_request_serializer(self) -> Any:
        if getattr(self.view, "is_upload", False):
            return {"application/octet-stream": OpenApiTypes.BINARY}
        return {"application/json": {"type": "object"}} if self.method in _WITH_BODY else None

    def get_response_serializers(self) -> Any:
        done = _SUCCESS.get(self.method, 200)
        success = OpenApiResponse(None if done == 204 else OpenApiTypes.ANY, description="Done.")
        refusals = {code: OpenApiResponse(_MESSAGE, description=text) for code, text in _REFUSALS.items()}
        return {done: success, **refusals}

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        return [parameter(name, self.path_regex) for name in variables]


# --- The words, for both kinds of view --------------------------------------------------------------------------------


def operation_id(method: str, path: str) -> str:
    return "_".join([method.lower(), *re.findall(r"[A-Za-z0-9]+", path.removeprefix(API))])


def summary(action: Action | None, view: Any) -> str:
    if action is not None:
        return capfirst(str(action))
    return (inspect.getdoc(_handler(view)) or "").partition("\n")[0].rstrip(".")


def description(action: Action | None, view: Any) -> str:
    parts = [inspect.getdoc(_handler(view)) or ""]
    if action is not None:
        needs = NEEDS[action]
        if needs.kind is not Kind.OWN_JOB and needs.role:
            opens = " (or no role at all where visibility opens it)" if needs.visitors else ""
            parts.append(f"Takes the role {needs.role.name.capitalize()} or more{opens}.")
        if needs.permissions:
            wanted = " and ".join(needs.permissions)
            parts.append(f"An allowlist entry that restricts permissions must grant {wanted}.")
        parts.append("Accepts a job token." if needs.jobs else "Ignores job tokens.")
    return "\n\n".join(part for part in parts if part)


def _handler(view: Any) -> Any:
    """A view's class, or the function that it is; REST framework's own docstring says nothing about ours."""
    return view.__class__ if isinstance(view, APIView) else view


def tag(path: str) -> str:
    """`/api/v4/projects/{project}/packages` → packages; `/api/v4/projects/{project}` → projects."""
    words = [word for word in path.removeprefix(API).strip("/").split("/") if word and "{" not in word]
    return words[1] if len(words) > 1 and words[0] in {"projects", "groups"} else (words or ["api"])[0]


def security(action: Action | None) -> list[dict[str, Any]]:
    if action is None:
        return [{}]
    needs = NEEDS[action]
    ways = [] if needs.kind is Kind.OWN_JOB else ["personal", "bearer", "session"]
    ways += ["job"] if needs.jobs else []
    return [{way: []} for way in ways] + ([{}] if needs.visitors else [])


def parameter(name: str, route: str) -> dict[str, Any]:
    number = f"<int:{name}>" in route
    schema = {"type": "integer"} if number else {"type": "string"}
    found: dict[str, Any] = {"in": "path", "name": name, "schema": schema, "required": True}
    if f"<ref:{name}>" in route:
        found["description"] = f"The {name}'s id, or its full path, URL-encoded."
    return found


# --- Plain views ------------------------------------------------------------------------------------------------------


def add_plain_endpoints(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular's postprocessing hook: adds the function views under /api/v4 that declare actions, and the ways
    to say who one is."""
    for endpoint in endpoints():
        if endpoint.route.startswith(API) and not isinstance(endpoint.handler, type):
            path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", endpoint.route)
            for method, action in endpoint.actions.items():
                result["paths"].setdefault(path, {})[method.lower()] = _plain(endpoint, path, method, action)
    result["paths"] = dict(sorted(result["paths"].items()))
    result.setdefault("components", {})["securitySchemes"] = SCHEMES
    return result


def _plain(endpoint: Endpoint, path: str, method: str, action: Action) -> dict[str, Any]:
    done = _SUCCESS.get(method, 200)
    responses: dict[str, Any] = {str(done): {"description": "Done."}}
    for code, text in _REFUSALS.items():
        responses[str(code)] = {"description": text, "content": {"application/json": {"schema": _MESSAGE}}}
    return {
        "operationId": operation_id(method, path),
        "summary": summary(action, endpoint.view),
        "description": description(action, endpoint.view),
        "parameters": [parameter(name, endpoint.route) for name in _PARAMETER.findall(path)],
        "tags": [tag(path)],
        "security": security(action),
        "responses": responses,
    }


@cache
def document() -> dict[str, Any]:
    """The whole description. The routes do not change while a process lives, and to describe them takes a while."""
    from drf_spectacular.generators import SchemaGenerator  # it reads the URL configuration, which reads this module

    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found
