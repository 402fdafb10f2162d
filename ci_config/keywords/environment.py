"""`environment`: where a job deploys to."""

from __future__ import annotations

import re
from typing import Any

from ci_config.document.tree import YamlMap
from ci_config.durations import seconds
from ci_config.environment_url import url_error
from ci_config.errors import Location, describe
from ci_config.validators import Validator, choice, fields, mapping, name

ALLOWED_NAME = re.compile(r"[A-Za-z0-9_ /\-${}.]+")
OTHER_SCHEME = re.compile(r"(?!https?://)[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
# Keys that only some actions may have.
ACTIONS_BY_KEY = {"on_stop": ("start",), "auto_stop_in": ("start", "prepare", "access")}


def environment_name(value: Any, at: Location) -> str:
    if not ALLOWED_NAME.fullmatch(name(value, at)):
        raise at.error(f"{describe(value)} may hold only letters, digits, spaces and - _ / . $ {{ }}.")
    if value.startswith("/") or value.endswith("/") or not value.strip():
        raise at.error(f"{describe(value)} should begin and end with something else than a slash or spaces.")
    return str(value)


def web_address(value: Any, at: Location) -> str:
    """Any text, as in GitLab, but nothing that looks like a script.

    An address that is not safe to link to is dropped after the deployment, when its variables are known.
    """
    if OTHER_SCHEME.match(name(value, at)):
        raise at.error(f"{describe(value)} should be an address of the web, such as “https://shop.example.org”.")
    return str(value)


def is_linkable(environment: dict[str, Any]) -> bool:
    """Whether pages may link to the address, as far as it is known before expansion."""
    url = str(environment.get("url", ""))
    return not url or "$" in url or not url_error(url)


def auto_stop_in(value: Any, at: Location) -> str:
    """As written: a duration, `never`, or a variable."""
    if not isinstance(value, str) or ("$" not in value and value != "never" and not seconds(value)):
        raise at.error(f"{describe(value)} should be a duration such as “1 week”, seconds in quotes, or “never”.")
    return value


ENVIRONMENT_KEYS: dict[str, Validator[Any]] = {
    "name": environment_name,
    "url": web_address,
    "action": choice("start", "prepare", "stop", "verify", "access"),
    "on_stop": name,
    "auto_stop_in": auto_stop_in,
    "deployment_tier": choice("production", "staging", "testing", "development", "other"),
    "kubernetes": lambda value, at: bool(mapping(value, at)),
}


def environment(value: Any, at: Location) -> dict[str, Any]:
    if not isinstance(value, YamlMap):
        return {"name": environment_name(value, at), "action": "start"}
    spec = {"action": "start", **fields(value, at, ENVIRONMENT_KEYS, required=["name"])}
    for key in [key for key, actions in ACTIONS_BY_KEY.items() if key in spec and spec["action"] not in actions]:
        if spec["action"] != "stop":
            wanted = " or ".join(f"`action: {action}`" for action in ACTIONS_BY_KEY[key])
            raise at.under(key, value.marks[key]).error(f"it goes with {wanted} only.")
        # A stop job often inherits these by `extends` from the job that deploys.
        del spec[key]
    return spec
