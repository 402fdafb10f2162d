"""What a runner is told to bring back, and whose artifacts it fetches first (runner.md §2.4, §3.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jobs.artifacts.dependencies import Dependency
from jobs.artifacts.types import ARCHIVE, FORMATS, NAMES, ZIP
from jobs.models import Job


def artifacts_of(job: Job) -> list[dict[str, Any]] | None:
    """The archive first, then one entry per report; None for a job that leaves nothing."""
    wanted = job.options.get("artifacts") or {}
    entries = []
    if wanted.get("paths") or wanted.get("untracked"):
        entries.append(
            {
                "name": wanted.get("name") or "",
                "untracked": bool(wanted.get("untracked")),
                "paths": list(wanted.get("paths") or ()),
                "exclude": list(wanted.get("exclude") or ()),
                "when": wanted.get("when") or "on_success",
                "artifact_type": ARCHIVE,
                "artifact_format": ZIP,
                "expire_in": wanted.get("expire_in"),
            }
        )
    for keyword, value in (wanted.get("reports") or {}).items():
        entries += _report(keyword, value, wanted.get("expire_in"))
    return entries or None


def _report(keyword: str, value: Any, expire_in: str | None) -> list[dict[str, Any]]:
    """`value` is a list of paths, or for coverage `{"coverage_format", "path"}`. Uploaded however the job ends."""
    if isinstance(value, dict):
        file_type, paths = value["coverage_format"], [value["path"]]
    else:
        file_type, paths = keyword, list(value)
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
    """`token` is the running job's own: it is the one who asks for the files."""
    return [
        {
            "id": one.job_id,
            "name": one.name,
            "token": token,
            "artifacts_file": {"filename": one.archive.filename, "size": one.archive.size},
        }
        for one in dependencies
        if one.archive is not None
    ]
