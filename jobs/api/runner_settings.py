"""What of a runner's settings a request names (runner.md §1.2)."""

from __future__ import annotations

from typing import Any

from config.params import Params
from config.rest import ApiError

ACCESS_LEVELS = ("not_protected", "ref_protected")


def settings_of(params: Params) -> dict[str, Any]:
    """What of a runner's settings the request names."""
    found = {
        "description": params.text("description", most=1024),
        "maintenance_note": params.text("maintenance_note") or params.text("maintainer_note"),
        "paused": params.boolean("paused"),
        "locked": params.boolean("locked"),
        "run_untagged": params.boolean("run_untagged"),
        "access_level": params.choice("access_level", ACCESS_LEVELS),
        "maximum_timeout": params.integer("maximum_timeout"),
        "tag_list": params.words("tag_list"),
    }
    active = params.boolean("active")
    if active is not None:
        if found["paused"] is not None:
            raise ApiError(400, {"error": "active, paused are mutually exclusive"})
        found["paused"] = not active
    return {name: value for name, value in found.items() if value is not None}
