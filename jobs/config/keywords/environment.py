"""`environment`: where a job deploys to."""

from __future__ import annotations

import re
from typing import Any

from jobs.config.durations import seconds
from jobs.config.errors import Place, described
from jobs.config.shapes import Reader, choice, fields, name
from jobs.config.tree import Map
from jobs.environment_names import fault_of_url

ALLOWED = re.compile(r"[A-Za-z0-9_ /\-${}.]+")
WEB = re.compile(r"https?://", re.IGNORECASE)
# What only some actions can make use of.
GOES_WITH = {"on_stop": ("start",), "auto_stop_in": ("start", "prepare", "access")}


def environment_name(value: Any, at: Place) -> str:
    if not ALLOWED.fullmatch(name(value, at)):
        raise at.wrong(f"{described(value)} may hold only letters, digits, spaces and - _ / . $ {{ }}.")
    if value.startswith("/") or value.endswith("/") or not value.strip():
        raise at.wrong(f"{described(value)} should begin and end with something else than a slash or spaces.")
    return str(value)


def web_address(value: Any, at: Place) -> str:
    """One with variables is looked at again when they are known, in the end."""
    start = name(value, at).partition("$")[0]
    if ("$" not in value and fault_of_url(value)) or (":" in start and not WEB.match(start)):
        raise at.wrong(f"{described(value)} should be an address of the web, such as “https://shop.example.org”.")
    return str(value)


def stop_after(value: Any, at: Place) -> str:
    """As written: a duration, `never`, or a variable that holds one."""
    shown = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if "$" not in shown and shown != "never" and not seconds(shown):
        raise at.wrong(f"{described(value)} should be a duration such as “1 week”, or “never”.")
    return shown


ENVIRONMENT: dict[str, Reader[Any]] = {
    "name": environment_name,
    "url": web_address,
    "action": choice("start", "prepare", "stop", "verify", "access"),
    "on_stop": name,
    "auto_stop_in": stop_after,
    "deployment_tier": choice("production", "staging", "testing", "development", "other"),
}


def read(value: Any, at: Place) -> dict[str, Any]:
    if not isinstance(value, Map):
        return {"name": environment_name(value, at), "action": "start"}
    found = {"action": "start", **fields(value, at, ENVIRONMENT, required=["name"], later=["kubernetes"])}
    for key in [key for key, actions in GOES_WITH.items() if key in found and found["action"] not in actions]:
        if found["action"] != "stop":
            wanted = " or ".join(f"`action: {action}`" for action in GOES_WITH[key])
            raise at.under(key, value.marks[key]).wrong(f"it goes with {wanted} only.")
        # A stop job often shares all but the action with the job it undoes, by `extends`.
        del found[key]
    return found
