"""`pages` and `publish`: a job that makes a web site. It runs, and its files are kept; nothing is served from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ci_config.document.tree import YamlMap
from ci_config.errors import Location
from ci_config.keywords.artifacts import expiry
from ci_config.validators import Validator, boolean, fields, name

JOB_NAME = "pages"  # a job of this name makes a site, unless it says `pages: false`
FOLDER = "public"
NOT_SERVED = (
    "the job runs and its files are kept as its artifact, but nothing is published: there is no domain here for pages "
    "alone, and on the server's own a page could act as whoever reads it."
)
PAGES_KEYS: dict[str, Validator[Any]] = {
    "publish": name,
    "path_prefix": lambda value, at: value if value == "" else name(value, at),
    "expire_in": expiry,
}


def pages(value: Any, at: Location) -> bool | dict[str, Any]:
    """Whether the job makes a site, or the details of it."""
    return fields(value, at, PAGES_KEYS) if isinstance(value, YamlMap) else boolean(value, at)


def site_folder(job_name: str, keywords: Mapping[str, Any]) -> str | None:
    """The folder that the job would publish; None if it makes no site."""
    wish = keywords.get("pages", job_name == JOB_NAME)
    if wish is False or "script" not in keywords:
        return None
    options = wish if isinstance(wish, dict) else {}
    return str(options.get("publish") or keywords.get("publish") or FOLDER)


def with_folder(artifacts: dict[str, Any] | None, folder: str) -> dict[str, Any]:
    """The artifacts of a job, and the folder among their paths."""
    options = artifacts or {}
    paths = options.get("paths", [])
    known = {path.removeprefix("./").rstrip("/") for path in paths}
    return options if folder.removeprefix("./").rstrip("/") in known else {**options, "paths": [*paths, folder]}
