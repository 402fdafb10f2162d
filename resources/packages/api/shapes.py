"""Packages and their files as JSON, in the original's keys (resources.md §2.5). A page at once: what needs look-ups
asks once for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse
from rest_framework.request import Request

from config.rest import moment
from identity.api.shapes import basic_user
from jobs.models import Pipeline
from resources.packages.models import Package, PackageFile
from resources.packages.origins import shown_pipelines
from tokenaccess.gate import Access


class Shapes:
    """For one request: `access` is the gate's yes to it."""

    def __init__(self, request: Request, access: Access) -> None:
        self.request = request
        self.access = access

    def packages(self, packages: Sequence[Package], deletable: set[int], *, by_group: bool = False) -> list[Any]:
        """Expects `uploads` and the project at hand; `deletable`: ids of the projects where the caller may delete."""
        shown = self._shown_pipelines(file for package in packages for file in package.uploads)  # type: ignore[attr-defined]
        return [self._package(package, deletable, shown, by_group) for package in packages]

    def package(self, package: Package, deletable: set[int], versions: Sequence[Package]) -> dict[str, Any]:
        """One, with the other versions of its name."""
        shown = self._shown_pipelines(file for one in (package, *versions) for file in one.uploads)  # type: ignore[attr-defined]
        told = self._package(package, deletable, shown, False)
        told["versions"] = [
            {
                "id": version.pk,
                "version": version.version,
                "created_at": moment(version.created_at),
                "tags": [],
                "pipelines": self._pipelines(version.uploads, shown),  # type: ignore[attr-defined]
            }
            for version in versions
        ]
        return told

    def files(self, files: Sequence[PackageFile]) -> list[dict[str, Any]]:
        shown = self._shown_pipelines(files)
        return [
            {
                "id": file.pk,
                "package_id": file.package_id,
                "created_at": moment(file.created_at),
                "file_name": file.name,
                "size": file.size,
                "file_md5": file.md5 or None,
                "file_sha1": file.sha1 or None,
                "file_sha256": file.sha256,
                "pipelines": self._pipelines([file], shown),
            }
            for file in files
        ]

    def _package(self, package: Package, deletable: set[int], shown: set[int], by_group: bool) -> dict[str, Any]:
        project = package.project
        links = {"web_path": reverse("project_package", args=[project.full_path, package.pk])}
        if package.project_id in deletable:
            address = f"/api/v4/projects/{package.project_id}/packages/{package.pk}"
            links["delete_api_path"] = self.request.build_absolute_uri(address)
        pipelines = self._pipelines(package.uploads, shown)  # type: ignore[attr-defined]
        told = {
            "id": package.pk,
            "name": package.name,
            "version": package.version,
            "package_type": package.kind,
            "status": package.status,
            "_links": links,
            "created_at": moment(package.created_at),
            "last_downloaded_at": moment(package.last_downloaded_at),
            "tags": [],
            "pipelines": pipelines,
            "versions": [],
        }
        if pipelines:
            told["pipeline"] = pipelines[0]
        if by_group:
            told |= {"project_id": package.project_id, "project_path": project.full_path}
        return told

    def _pipelines(self, files: Iterable[PackageFile], shown: set[int]) -> list[dict[str, Any]]:
        found = {file.pipeline_id: file.pipeline for file in files if file.pipeline and file.pipeline_id in shown}
        return [self._pipeline(pipeline) for pipeline in found.values()]

    def _shown_pipelines(self, files: Iterable[PackageFile]) -> set[int]:
        return shown_pipelines((file.pipeline for file in files if file.pipeline is not None), self.access)

    def _pipeline(self, pipeline: Pipeline) -> dict[str, Any]:
        address = f"/{pipeline.project.full_path}/-/pipelines/{pipeline.pk}"
        return {
            "id": pipeline.pk,
            "iid": pipeline.iid,
            "project_id": pipeline.project_id,
            "status": pipeline.status,
            "source": pipeline.source,
            "ref": pipeline.ref,
            "sha": pipeline.sha,
            "web_url": self.request.build_absolute_uri(address),
            "created_at": moment(pipeline.created_at),
            "updated_at": moment(pipeline.updated_at),
            "user": basic_user(pipeline.user, self.request) if pipeline.user else None,
        }
