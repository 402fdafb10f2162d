"""`environment`: where a job deploys to."""

from __future__ import annotations

import re
from typing import Any

from jobs.config.durations import seconds
from jobs.config.errors import Place, described
from jobs.config.shapes import Reader, choice, fields, name
from jobs.config.tree import Map

ALLOWED = re.compile(r"[A-Za-z0-9_ /\-${}.]+")


def environment_name(value: Any, at: Place) -> str:
    if not ALLOWED.fullmatch(name(value, at)):
        raise at.wrong(f"{described(value)} may hold only letters, digits, spaces and - _ / . $ {{ }}.")
    return str(value)


def stop_after(value: Any, at: Place) -> str:
    """As written: a duration, `never`, or a variable that holds one."""
    shown = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if "$" not in shown and shown != "never" and not seconds(shown):
        raise at.wrong(f"{described(value)} should be a duration such as “1 week”, or “never”.")
    return shown


ENVIRONMENT: dict[str, Reader[Any]] = {
    "name": environment_name,
    "url": name,
    "action": choice("start", "prepare", "stop", "verify", "access"),
    "on_stop": name,
    "auto_stop_in": stop_after,
    "deployment_tier": choice("production", "staging", "testing", "development", "other"),
}


def read(value: Any, at: Place) -> dict[str, Any]:
    if not isinstance(value, Map):
        return {"name": environment_name(value, at), "action": "start"}
    return {"action": "start", **fields(value, at, ENVIRONMENT, required=["name"], later=["kubernetes"])}
