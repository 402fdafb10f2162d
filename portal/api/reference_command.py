"""An operation of the API as a command line: curl, with the credential that it takes."""

from __future__ import annotations

import json
import re
from typing import Any

from portal.api.openapi_text import SCHEMES

# Scheme of the description → what stands for the secret. The first of them that an operation takes is shown.
SECRETS = {"personal": "$TOKEN", "job": "$CI_JOB_TOKEN", "runner": "$RUNNER_TOKEN", "registry": "$TOKEN"}
_JSON = "application/json"
_FORM = "multipart/form-data"
_EXAMPLES = {"integer": 1, "number": 1, "boolean": True}


def curl_command(method: str, path: str, operation: dict[str, Any], fields: list[Any], base: str) -> str:
    """`base`: address of this server. `fields`: of the body (reference_fields.Field); those that must be given are
    filled in, else the first one. A value that the reader has to choose is written in capitals."""
    words = ["curl"] if method == "GET" else ["curl", "--request", method]
    words += [*_credential(operation["security"]), *_body(operation.get("requestBody", {}).get("content", {}), fields)]
    return " ".join([*words, f'"{base}{_address(path, operation.get("parameters", []))}"'])


def _credential(security: list[dict[str, Any]]) -> list[str]:
    taken = {name for way in security for name in way}
    scheme = next((name for name in SECRETS if name in taken), "")
    return ["--header", f'"{SCHEMES[scheme]["name"]}: {SECRETS[scheme]}"'] if scheme else []


def _body(content: dict[str, Any], fields: list[Any]) -> list[str]:
    if not content:
        return []
    if _JSON in content:
        top = [field for field in fields if "." not in field.name]
        chosen = [field for field in top if field.required] or top[:1]
        text = json.dumps({field.name: _example(field) for field in chosen})
        return ["--json", f"'{text}'"]
    if _FORM in content:
        return ["--form", '"file=@FILE"']
    return ["--header", f'"Content-Type: {next(iter(content))}"', "--data-binary", "@FILE"]


def _example(field: Any) -> Any:
    kind = field.type.partition(" or ")[0]
    if kind.startswith("array"):
        return []
    if kind == "object":
        return {}
    return kind.strip('"') if kind.startswith('"') else _EXAMPLES.get(kind, field.name.upper())


def _address(path: str, parameters: list[dict[str, Any]]) -> str:
    needed = [one["name"] for one in parameters if one["in"] == "query" and one.get("required")]
    query = "&".join(f"{name}={name.upper()}" for name in needed)
    filled = re.sub(r"{(\w+)}", lambda found: found[1].upper(), path)
    return f"{filled}?{query}" if query else filled
