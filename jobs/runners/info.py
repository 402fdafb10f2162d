"""Sanitizes what a runner reports about itself (runner.md §1.3)."""

from __future__ import annotations

from typing import Any

_TEXTS = ("name", "version", "revision", "platform", "architecture", "executor", "shell")
_MAX_FEATURES = 100


def sanitize_info(info: Any) -> dict[str, Any]:
    """The known keys with values of the right types; everything else is dropped, as newer runners may send anything."""
    if not isinstance(info, dict):
        return {}
    kept: dict[str, Any] = {name: _text(info[name]) for name in _TEXTS if isinstance(info.get(name), str)}
    features = info.get("features")
    if isinstance(features, dict):
        known = {_text(name)[:64]: value for name, value in features.items() if isinstance(value, bool)}
        kept["features"] = dict(sorted(known.items())[:_MAX_FEATURES])
    return kept


def _text(value: str) -> str:
    return value.replace("\0", "").encode(errors="replace").decode()[:255]
