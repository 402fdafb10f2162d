"""The faults of parameters in GitLab's words (resources.md §0.2): REST framework's error codes, translated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rest_framework.exceptions import ErrorDetail
from rest_framework.settings import api_settings

WORDS = {
    "required": "is missing",
    "blank": "is empty",
    "null": "is empty",
    "invalid_choice": "does not have a valid value",
}
WORDED = "worded"  # the code of an error whose own text follows the parameter's name


def parameter_faults(detail: Any) -> str:
    """`{"a": [required], "b": [{"c": [invalid]}]}` → `a is missing, b[0][c] is invalid`."""
    return ", ".join(f"{name} {text}".strip() for name, text in list_faults(detail))


def list_faults(detail: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The name of each parameter that is wrong, and what goes on from it."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            if key == api_settings.NON_FIELD_ERRORS_KEY:
                yield from list_faults(inner, name)
            else:
                yield from list_faults(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(detail, list) and any(not isinstance(one, ErrorDetail) for one in detail):
        for number, inner in enumerate(detail):
            yield from list_faults(inner, f"{name}[{number}]")
    elif isinstance(detail, list):
        yield from list_faults(detail[0], name) if detail else ()
    elif isinstance(detail, ErrorDetail):
        yield name, str(detail) if detail.code == WORDED else WORDS.get(str(detail.code), "is invalid")
