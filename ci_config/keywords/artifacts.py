"""`artifacts`: which files a job uploads, and how long they are kept."""

from __future__ import annotations

import re
from typing import Any

from ci_config.durations import seconds
from ci_config.errors import Location, describe
from ci_config.validators import Validator, boolean, choice, fields, name, text, text_list, text_or_list

LINK_TEXT = re.compile(r"\w[-\w ]*", re.ASCII)
MAX_LINK_TEXT = 100
FILE_REPORTS = (
    "accessibility annotations api_fuzzing browser_performance cluster_image_scanning codequality container_scanning "
    "coverage_fuzzing cyclonedx dast dependency_scanning dotenv junit license_scanning load_performance lsif metrics "
    "performance repository_xray requirements requirements_v2 sast secret_detection terraform"
).split()


def coverage_report(value: Any, at: Location) -> dict[str, str]:
    table = {"coverage_format": choice("cobertura", "jacoco"), "path": text}
    return fields(value, at, table, required=["coverage_format", "path"])


REPORTS: dict[str, Validator[Any]] = {
    **dict.fromkeys(FILE_REPORTS, text_or_list),
    "coverage_report": coverage_report,
}


def reports(value: Any, at: Location) -> dict[str, Any]:
    return fields(value, at, REPORTS)


def expiry(value: Any, at: Location) -> str:
    """A duration or `never`, as written, because the runner sends it back with the upload."""
    if not isinstance(value, str) or (value.strip().lower() != "never" and seconds(value) is None):
        raise at.error(f"{describe(value)} should be a duration such as “1 week”, seconds in quotes, or “never”.")
    return value


def link_text(value: Any, at: Location) -> str:
    if len(text(value, at)) > MAX_LINK_TEXT or not LINK_TEXT.fullmatch(value):
        raise at.error(
            f"{describe(value)} may hold only letters, digits, spaces and - _, begins with no space or -, and is no "
            f"longer than {MAX_LINK_TEXT} characters."
        )
    return str(value)


ARTIFACT_KEYS: dict[str, Validator[Any]] = {
    "paths": text_list,
    "exclude": text_list,
    "untracked": boolean,
    "name": name,
    "when": choice("on_success", "on_failure", "always"),
    "expire_in": expiry,
    "expose_as": link_text,
    "reports": reports,
    "public": boolean,
    "access": choice("all", "developer", "maintainer", "none"),
}


def artifacts(value: Any, at: Location) -> dict[str, Any]:
    options = fields(value, at, ARTIFACT_KEYS)
    if "public" in options and "access" in options:
        raise at.error("`public` and `access` exclude each other; keep `access`.")
    if "expose_as" in options and not options.get("paths"):
        raise at.under("expose_as").error("there is nothing to show without `paths`.")
    if "expose_as" in options and any("*" in path for path in options["paths"]):
        raise at.under("paths").error("they may hold no `*` beside `expose_as`.")
    return options
