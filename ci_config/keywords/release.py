"""`release`: after its script the job makes a release, with a client that the runner has (glab or release-cli)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ci_config.errors import Location, describe
from ci_config.validators import Validator, choice, fields, list_of, name, text, text_or_list

MAX_LINKS = 1000
LINK_TYPES = ("runbook", "package", "image", "other")
NO_MILESTONES = "there are no milestones here, so the release is made without them; its `description` may name them."


def moment(value: Any, at: Location) -> str:
    """A date and time as in ISO 8601, as written."""
    try:
        datetime.fromisoformat(text(value, at))
    except ValueError:
        raise at.error(f"{describe(value)} should be a date and time, such as “2027-01-31T12:00:00Z”.") from None
    return str(value)


def blank_or_text(value: Any, at: Location) -> str:
    return value if value == "" else text(value, at)


LINK_KEYS: dict[str, Validator[Any]] = {
    "name": name,
    "url": text,
    "filepath": text,
    "link_type": choice(*LINK_TYPES),
}


def link(value: Any, at: Location) -> dict[str, str]:
    return fields(value, at, LINK_KEYS, required=["name", "url"])


def assets(value: Any, at: Location) -> dict[str, Any]:
    return fields(value, at, {"links": list_of(link, max_items=MAX_LINKS)}, required=["links"])


# The texts may hold variables, which the client's shell puts in.
RELEASE_KEYS: dict[str, Validator[Any]] = {
    "tag_name": text,
    "tag_message": blank_or_text,
    "name": blank_or_text,
    "description": text,
    "ref": name,
    "milestones": text_or_list,
    "released_at": moment,
    "assets": assets,
}


def release(value: Any, at: Location) -> dict[str, Any]:
    return fields(value, at, RELEASE_KEYS, required=["tag_name", "description"])
