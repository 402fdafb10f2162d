"""What the API's description says of an operation, derived from what its endpoint declares."""

from __future__ import annotations

import inspect
import re
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext_noop as _

from tokenaccess.policy.actions import Action, TargetKind
from tokenaccess.policy.needs import NEEDS

API = "/api/v4/"
AUTHZEN = "/access/v1/"
SCHEMES: dict[str, dict[str, Any]] = {
    "personal": {
        "type": "apiKey",
        "in": "header",
        "name": "PRIVATE-TOKEN",
        "description": _("A personal access token."),
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": _("A token of a person, OAuth or a running job.")},
    "job": {"type": "apiKey", "in": "header", "name": "JOB-TOKEN", "description": _("The token of a running CI job.")},
    "runner": {"type": "apiKey", "in": "header", "name": "RUNNER-TOKEN", "description": _("The token of a runner.")},
    "registry": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": _("The container registry's."),
    },
    "session": {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": _("Signed in with a browser.")},
}
REFUSALS: dict[int | str, str] = {
    400: _("A parameter is missing, is wrong or is not supported here; or the request makes no sense as things are."),
    401: _("No credential where one is needed, or one that is worth nothing."),
    403: _("Seen, but not allowed; the message says why when a token's permissions are the reason."),
    404: _("Not there, or hidden from this caller."),
    "4XX": _("Not served as it is: in conflict with what is there, too large, of another media type, or the like."),
}


def operation_id(method: str, path: str) -> str:
    words = [method.lower(), *re.findall(r"[A-Za-z0-9]+", path.removeprefix(API))]
    return "_".join([*words, "slash"] if path.endswith("/") else words)  # pip asks with a slash at the end


def summary(action: Action | None, handler: Any, method: str) -> str:
    if action is not None:
        return capfirst(str(action))
    return _documentation(handler, method).partition("\n")[0].rstrip(".")


def description(action: Action | None, handler: Any, method: str) -> str:
    parts = [_own_documentation(handler, method)]
    if action is not None:
        needs = NEEDS[action]
        if needs.kind is not TargetKind.OWN_JOB and needs.role:
            opens = " (or no role at all where visibility opens it)" if needs.visitors else ""
            parts.append(f"Takes the role {needs.role.name.capitalize()} or more{opens}.")
        if needs.permissions:
            wanted = " and ".join(needs.permissions)
            parts.append(f"An allowlist entry that restricts permissions must grant {wanted}.")
        parts.append("Accepts a job token." if needs.jobs else "Ignores job tokens.")
    return "\n\n".join(part for part in parts if part)


def _documentation(handler: Any, method: str) -> str:
    """What is said of the method, else of the whole view or of what it is derived from."""
    return _own_documentation(handler, method) or inspect.getdoc(handler) or ""


def _own_documentation(handler: Any, method: str) -> str:
    """Not what is said of the class that views are derived from: it is for those who write views."""
    own = inspect.getdoc(getattr(handler, method.lower(), None)) if isinstance(handler, type) else None
    return own or inspect.cleandoc(handler.__doc__ or "")


def tag(path: str) -> str:
    """`/api/v4/projects/{project}/packages` → packages; `/api/v4/projects/{project}` → projects."""
    words = [word for word in path.removeprefix(API).split("/") if word not in {"", "-"} and "{" not in word]
    return words[1] if len(words) > 1 and words[0] in {"projects", "groups"} else (words or ["api"])[0]


def security(action: Action | None, scheme: str) -> list[dict[str, Any]]:
    """`scheme`: of a view that the gate knows nothing of; none if its credential is a parameter."""
    if action is None:
        return [{scheme: []}] if scheme else [{}]
    needs = NEEDS[action]
    ways = [] if needs.kind is TargetKind.OWN_JOB else ["personal", "bearer", "session"]
    ways += ["job"] if needs.jobs else []
    return [{way: []} for way in ways] + ([{}] if needs.visitors else [])


def path_parameter(name: str, route: str) -> dict[str, Any]:
    number = f"<int:{name}>" in route
    schema = {"type": "integer"} if number else {"type": "string"}
    found: dict[str, Any] = {"in": "path", "name": name, "schema": schema, "required": True}
    if f"<ref:{name}>" in route:
        found["description"] = f"The {name}'s id, or its full path, URL-encoded."
    return found
