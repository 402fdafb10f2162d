"""URLs of the pages of artifacts."""

from __future__ import annotations

from django.urls import URLPattern, path

from jobs.converters import ARCHIVE_PATH
from jobs.views import artifacts

_ARTIFACTS = "<full_path:project_path>/-/jobs/<int:job_id>/artifacts"

urlpatterns: list[URLPattern] = [
    path(_ARTIFACTS, artifacts.folder, name="project_job_artifacts"),
    path(f"{_ARTIFACTS}/browse", artifacts.folder),
    path(f"{_ARTIFACTS}/browse/{ARCHIVE_PATH}", artifacts.folder, name="project_job_artifacts_folder"),
    path(f"{_ARTIFACTS}/file/{ARCHIVE_PATH}", artifacts.file, name="project_job_artifact"),
    path(f"{_ARTIFACTS}/raw/{ARCHIVE_PATH}", artifacts.raw, name="project_job_artifact_raw"),
    path(f"{_ARTIFACTS}/download", artifacts.download, name="project_job_artifacts_download"),
    path(f"{_ARTIFACTS}/keep", artifacts.keep, name="project_job_artifacts_keep"),
    path(f"{_ARTIFACTS}/delete", artifacts.delete, name="project_job_artifacts_delete"),
]
