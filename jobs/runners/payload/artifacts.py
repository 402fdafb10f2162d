"""The parts of a payload about artifacts: what to upload, and what to download first (runner.md §2.4, §3.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jobs.artifacts.dependencies import Dependency
from jobs.artifacts.types import ARCHIVE, FORMATS, NAMES, ZIP
from jobs.models import Job


def artifact_entries(job: Job) -> list[dict[str, Any]] | None:
    """The uploads of a job: its archive, then one entry per report; None if it has none."""
    keyword = job.options.get("artifacts") or {}
    entries = []
    if keyword.get("paths") or keyword.get("untracked"):
        entries.append(
            {
                "name": keyword.get("name") or "",
                "untracked": bool(keyword.get("untracked")),
                "paths": list(keyword.get("paths") or ()),
                "exclude": list(keyword.get("exclude") or ()),
                "when": keyword.get("when") or "on_success",
                "artifact_type": ARCHIVE,
                "artifact_format": ZIP,
                "expire_in": keyword.get("expire_in"),
            }
        )
    for name, value in (keyword.get("reports") or {}).items():
        entries += _report(name, value, keyword.get("expire_in"))
    return entries or None


def _report(name: str, value: Any, expire_in: str | None) -> list[dict[str, Any]]:
    """`value`: paths, or for coverage `{"coverage_format", "path"}`. Reports are uploaded however the job ends."""
    if isinstance(value, dict):
        file_type, paths = value["coverage_format"], [value["path"]]
    else:
        file_type, paths = name, list(value)
    if file_type not in FORMATS or not paths:
        return []
    return [
        {
            "name": NAMES[file_type],
            "untracked": False,
            "paths": paths,
            "when": "always",
            "artifact_type": file_type,
            "artifact_format": FORMATS[file_type],
            "expire_in": expire_in,
        }
    ]


def dependencies_json(dependencies: Iterable[Dependency], token: str) -> list[dict[str, Any]]:
    """The downloads of a job. `token`: its own job token, with which the runner downloads them."""
    return [
        {
            "id": dependency.job_id,
            "name": dependency.name,
            "token": token,
            "artifacts_file": {"filename": dependency.archive.filename, "size": dependency.archive.size},
        }
        for dependency in dependencies
        if dependency.archive is not None
    ]
