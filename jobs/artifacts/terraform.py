"""Parses Terraform reports: how much a plan creates, updates and deletes (resources.md §8.2)."""

from __future__ import annotations

from typing import Any

import orjson

MAX_SIZE = 64 * 1024
_KEYS = ("create", "update", "delete")
_MAX_COUNT = 10**9


def parse_counts(data: bytes) -> dict[str, Any]:
    """The counts `{"create", "update", "delete"}`, or `{"unread": sentence}` if the report is invalid."""
    try:
        plan = orjson.loads(data)
    except orjson.JSONDecodeError:
        return {"unread": "The Terraform report is not JSON."}
    values = [plan.get(key) for key in _KEYS] if isinstance(plan, dict) else []
    if not values or not all(type(value) is int and 0 <= value <= _MAX_COUNT for value in values):
        return {"unread": "The Terraform report has no counts of create, update and delete."}
    return dict(zip(_KEYS, values, strict=True))
