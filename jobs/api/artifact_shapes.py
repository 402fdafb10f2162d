"""What a job's JSON says about its artifacts (resources.md §5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from config.rest import moment
from jobs.models import JobArtifact


def artifact_fields(artifacts: Iterable[JobArtifact]) -> dict[str, Any]:
    """`artifacts`, `artifacts_expire_at`, and `artifacts_file` when there is an archive.

    Expects `with_readable()`: what is past its time is not told of, only when that was.
    """
    rows = list(artifacts)
    there = [one for one in rows if one.is_readable]  # type: ignore[attr-defined]
    archive = next((one for one in there if one.is_archive), None)
    # The archive's time stands for all; reports have the same unless somebody else uploaded them.
    of_all = next((one for one in rows if one.is_archive), rows[0] if rows else None)
    return {
        **({"artifacts_file": {"filename": archive.filename, "size": archive.size}} if archive else {}),
        "artifacts": [
            {
                "file_type": one.file_type,
                "size": one.size,
                "filename": one.filename,
                "file_format": one.file_format,
            }
            for one in there
        ],
        "artifacts_expire_at": moment(of_all.expires_at) if of_all else None,
    }
