"""What a plan would create, change and delete (resources.md §8.2)."""

from __future__ import annotations

from typing import Any

import orjson

LARGEST = 64 * 1024
_KEYS = ("create", "update", "delete")
_MOST = 10**9


def counts(data: bytes) -> dict[str, Any]:
    """`{"create", "update", "delete"}`, or `{"unread": a sentence}`."""
    try:
        plan = orjson.loads(data)
    except orjson.JSONDecodeError:
        return {"unread": "The Terraform report is not JSON."}
    values = [plan.get(key) for key in _KEYS] if isinstance(plan, dict) else []
    if not values or not all(type(value) is int and 0 <= value <= _MOST for value in values):
        return {"unread": "The Terraform report has no counts of create, update and delete."}
    return dict(zip(_KEYS, values, strict=True))
