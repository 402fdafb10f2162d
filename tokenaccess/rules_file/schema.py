"""The JSON Schema of a rules file, for editors and pipelines."""

from __future__ import annotations

from typing import Any

from tokenaccess.policy.levels import INBOUND_MODE_NAMES
from tokenaccess.policy.permissions import PERMISSION_NAMES
from tokenaccess.rules_file.document import PUSHES, VERSION
from tokenaccess.rules_file.reader import MAX_ENTRIES, MAX_PATH_LENGTH
from tokenaccess.rules_file.terms import TERMS

_PATH = {"type": "string", "minLength": 1, "maxLength": MAX_PATH_LENGTH}
_PERMISSIONS = {
    "oneOf": [{"const": "default"}, {"type": "array", "items": {"enum": list(PERMISSION_NAMES)}}],
    "description": "Left out or default: everything that the role of the user who started the job allows.",
}


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Token Access rules",
        "type": "object",
        "additionalProperties": False,
        "required": ["version"],
        "oneOf": [{"required": ["project"]}, {"required": ["group"]}],
        "properties": {
            "version": {"const": VERSION},
            "project": {**_PATH, "description": "Full path of the project that the rules are for."},
            "group": {**_PATH, "description": "Or of the group that sets them for all projects below it."},
            "ceiling": {"type": "boolean", "description": "Of a group: nothing below opens more than its list."},
            "locked": {"type": "boolean", "description": "Of a group: nobody below weakens the mode or widens a list."},
            "mode": {"enum": list(INBOUND_MODE_NAMES), "description": "Limit access to this project."},
            "outbound_limit": {"type": "boolean", "description": "Limit access from this project."},
            "pushes": {
                "type": "object",
                "additionalProperties": False,
                "properties": {name: {"type": "boolean"} for name in PUSHES},
                "description": "Whether job tokens may push, and whether such pushes start pipelines.",
            },
            "inbound": {"type": "array", "maxItems": MAX_ENTRIES, "items": _entry(("project", "group"), True)},
            "outbound": {"type": "array", "maxItems": MAX_ENTRIES, "items": _entry(("project",), False)},
        },
    }


def _entry(kinds: tuple[str, ...], inbound: bool) -> dict[str, Any]:
    terms = {name: term.schema for name, term in TERMS.items() if inbound or term.outbound}
    return {
        "type": "object",
        "additionalProperties": False,
        "oneOf": [{"required": [kind]} for kind in kinds],
        "properties": {
            **dict.fromkeys(kinds, _PATH),
            **({"permissions": _PERMISSIONS} if inbound else {}),
            **terms,
        },
    }
