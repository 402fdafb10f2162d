"""`artifacts`: what a job leaves behind, and for how long."""

from __future__ import annotations

from typing import Any

from jobs.config.durations import seconds
from jobs.config.errors import Place, described
from jobs.config.shapes import Reader, boolean, choice, fields, name, text, words

FILE_REPORTS = (
    "accessibility annotations api_fuzzing browser_performance cluster_image_scanning codequality container_scanning "
    "coverage_fuzzing cyclonedx dast dependency_scanning dotenv junit license_scanning load_performance lsif metrics "
    "performance repository_xray requirements requirements_v2 sast secret_detection terraform"
).split()


def coverage_report(value: Any, at: Place) -> dict[str, str]:
    table = {"coverage_format": choice("cobertura", "jacoco"), "path": text}
    return fields(value, at, table, required=["coverage_format", "path"])


REPORTS: dict[str, Reader[Any]] = {
    **dict.fromkeys(FILE_REPORTS, words),
    "coverage_report": coverage_report,
}


def reports(value: Any, at: Place) -> dict[str, Any]:
    return fields(value, at, REPORTS)


def expiry(value: Any, at: Place) -> str:
    """As written, because the runner sends it back with the upload; a number counts seconds."""
    shown = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if shown.strip().lower() != "never" and seconds(shown) is None:
        raise at.wrong(f"{described(value)} should be a duration such as “1 week”, or “never”.")
    return shown


ARTIFACTS: dict[str, Reader[Any]] = {
    "paths": words,
    "exclude": words,
    "untracked": boolean,
    "name": name,
    "when": choice("on_success", "on_failure", "always"),
    "expire_in": expiry,
    "expose_as": name,
    "reports": reports,
    "public": boolean,
    "access": choice("all", "developer", "maintainer", "none"),
}


def read(value: Any, at: Place) -> dict[str, Any]:
    found = fields(value, at, ARTIFACTS)
    if "public" in found and "access" in found:
        raise at.wrong("`public` and `access` exclude each other; keep `access`.")
    if "expose_as" in found and not found.get("paths"):
        raise at.under("expose_as").wrong("there is nothing to show without `paths`.")
    return found
