"""The terms of an entry in a rules file, besides its permissions: key → how it is read and described.

A kind of term is a line of TERMS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from tokenaccess.explanation.error_wording import error_words
from tokenaccess.models.list_entry import MAX_REASON_LENGTH, ListEntry
from tokenaccess.policy.conditions import FLAGS, KEYS, BadCondition, Conditions
from tokenaccess.rules_file.errors import RulesFileError
from tokenaccess.rules_file.yaml_nodes import Mapping, Node, Scalar, Sequence

MAX_USERNAME_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Term:
    """`of`: the term of an entry, None for none. `read`: the value of a node, None for none, raising RulesFileError.
    `schema`: as JSON Schema. `outbound`: entries of the outbound list may have it too."""

    of: Callable[[ListEntry], Any]
    read: Callable[[Node], Any]
    schema: dict[str, Any]
    outbound: bool = True


def _text(node: Node, longest: int) -> str | None:
    if not isinstance(node, Scalar):
        raise RulesFileError(_("this must be text."), node.line)
    text = "" if node.is_null else node.text.strip()
    if "\0" in text:
        raise RulesFileError(_("this has a NUL character."), node.line)  # which no database takes
    if len(text) > longest:
        raise RulesFileError(_("this is longer than %(most)d characters.") % {"most": longest}, node.line)
    return text or None


def _read_day(node: Node) -> str | None:
    text = _text(node, 10)
    try:
        return None if text is None else date.fromisoformat(text).isoformat()
    except ValueError:
        raise RulesFileError(_("this must be a day, as 2027-01-31."), node.line) from None


def _read_conditions(node: Node) -> dict[str, Any] | None:
    if isinstance(node, Scalar) and node.is_null:
        return None
    if not isinstance(node, Mapping):
        raise RulesFileError(_("this must be a mapping (key: value)."), node.line)
    given = {key: _condition(key, value) for key, value in node.values.items()}
    try:
        return Conditions.parse(given).as_json() or None
    except BadCondition as error:
        raise RulesFileError(f"{error_words(error.sentence)}.", node.lines.get(error.key, node.line)) from error


def _condition(key: str, node: Node) -> Any:
    """Judged by the policy afterwards."""
    if isinstance(node, Sequence):
        return [item.text if isinstance(item, Scalar) else None for item in node.items]
    if isinstance(node, Scalar) and node.plain and node.text in {"true", "false"}:
        return node.text == "true"
    return node.text if isinstance(node, Scalar) and key not in FLAGS else None


_CONDITIONS_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        key: {"type": "boolean"} if key in FLAGS else {"type": "array", "items": {"type": "string"}} for key in KEYS
    },
    "description": "What the job must be besides.",
}

TERMS: dict[str, Term] = {
    "reason": Term(
        lambda entry: entry.reason or None,
        lambda node: _text(node, MAX_REASON_LENGTH),
        {"type": "string", "maxLength": MAX_REASON_LENGTH, "description": "What the entry is for."},
    ),
    "owner": Term(
        lambda entry: None if entry.owner is None else entry.owner.username,
        lambda node: _text(node, MAX_USERNAME_LENGTH),
        {"type": "string", "maxLength": MAX_USERNAME_LENGTH, "description": "Username of who answers for it."},
    ),
    "expires_at": Term(
        lambda entry: None if entry.expires_at is None else entry.expires_at.isoformat(),
        _read_day,
        {"type": "string", "format": "date", "description": "From this day on, in UTC, it admits nobody."},
    ),
    "conditions": Term(
        lambda entry: entry.conditions or None, _read_conditions, _CONDITIONS_SCHEMA, outbound=False
    ),
}  # fmt: skip


def terms_of(entry: ListEntry) -> dict[str, Any]:
    """The terms that the entry has, by key."""
    values = {name: term.of(entry) for name, term in TERMS.items()}
    return {name: value for name, value in values.items() if value is not None}
