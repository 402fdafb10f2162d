"""`id_tokens`: JSON Web Tokens that tell other services which job this is, each for its own audience."""

from __future__ import annotations

from typing import Any

from ci_config.document.tree import YamlList
from ci_config.errors import Location, describe
from ci_config.keywords.variables import SHELL_NAME
from ci_config.validators import fields, list_of, mapping, name

MAX_ID_TOKENS = 20  # signing costs time while a runner waits
MAX_AUDIENCES = 20


def audience(value: Any, at: Location) -> str | list[str]:
    """A text, or a list of texts, which the token then has as a list. May hold variables."""
    if not isinstance(value, YamlList):
        return name(value, at)
    if not value:
        raise at.error("the list is empty.")
    return list_of(name, max_items=MAX_AUDIENCES)(value, at)


def id_tokens(value: Any, at: Location) -> dict[str, dict[str, str | list[str]]]:
    """`{variable: {"aud": text or list}}`."""
    entries = mapping(value, at)
    if len(entries) > MAX_ID_TOKENS:
        raise at.error(f"there are {len(entries)} tokens; {MAX_ID_TOKENS} are allowed.")
    return {key: _id_token(key, entries[key], at.under(key, mark)) for key, mark in entries.marks.items()}


def _id_token(key: str, value: Any, at: Location) -> dict[str, str | list[str]]:
    if not SHELL_NAME.fullmatch(key):
        raise at.error(
            f"{describe(key)} is no name of a variable: those are made of letters, digits and _, "
            "and do not begin with a digit."
        )
    return fields(value, at, {"aud": audience}, required=["aud"])
