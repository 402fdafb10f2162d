"""`trigger: include: artifact`: a CI file that an earlier job of the parent pipeline has made."""

from __future__ import annotations

from blobs.models import path_of
from ci_config import CannotInclude
from jobs.artifacts.archive import Archive, BadPath, NoSuchEntry, NotAnArchive, TooManyEntries
from jobs.artifacts.types import ARCHIVE
from jobs.models import JobArtifact, Pipeline

MAX_FILE_SIZE = 1024 * 1024


def read_artifact(parent: Pipeline, job: str, path: str) -> str | None:
    """The text of a file in the artifacts of a job; None if they do not have it. Raises CannotInclude."""
    artifact = (
        JobArtifact.objects.readable()
        .filter(file_type=ARCHIVE, job__pipeline=parent, job__name=job, job__retried=False)
        .order_by("-id")
        .first()
    )
    if artifact is None:
        raise CannotInclude(
            f"the parent pipeline has no job “{job[:255]}” with artifacts; the trigger's job has to come after it, "
            "and its artifacts must not have expired"
        )
    try:
        with Archive(path_of(artifact.sha256)) as archive:
            content = archive.open(path).head(MAX_FILE_SIZE + 1)
    except (BadPath, NoSuchEntry):
        return None
    except (NotAnArchive, TooManyEntries):
        raise CannotInclude(f"the artifacts of “{job[:255]}” cannot be read") from None
    if len(content) > MAX_FILE_SIZE:
        raise CannotInclude(f"the artifact “{path[:255]}” is larger than {MAX_FILE_SIZE // 1024} KiB")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise CannotInclude(f"the artifact “{path[:255]}” is not UTF-8 text") from None
