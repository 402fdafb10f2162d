"""Packages and their files as JSON, in GitLab's keys (resources.md §2.5). What needs look-ups asks once for a whole
page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import ABSENT, Constant, Moment, OptionalMethod, ResponseSerializer
from identity.api.serializers import BasicUserSerializer
from jobs.models import Pipeline
from resources.packages.models import Package, PackageFile, PackageStatus
from resources.packages.visible_pipelines import visible_pipelines


class PackagePipelineSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    iid = serializers.IntegerField()
    project_id = serializers.IntegerField()
    status = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    ref = serializers.CharField()
    sha = serializers.CharField()
    web_url = serializers.SerializerMethodField()
    created_at = Moment()
    updated_at = Moment()
    user = BasicUserSerializer(allow_null=True)

    def get_web_url(self, pipeline: Pipeline) -> str:
        return self.absolute_url(f"/{pipeline.project.full_path}/-/pipelines/{pipeline.pk}")


class WithPipelinesSerializer(ResponseSerializer):
    """Files name the pipelines that stored them, as far as the caller may see those."""

    def prepare_pipelines(self, files: Iterable[PackageFile]) -> None:
        view = self.context["view"]
        self.visible = visible_pipelines((file.pipeline for file in files if file.pipeline is not None), view.access)
        self._pipelines = PackagePipelineSerializer(context=self.context)

    def pipelines_of(self, files: Iterable[PackageFile]) -> list[Any]:
        found = {file.pipeline_id: file.pipeline for file in files if file.pipeline_id in self.visible}
        return [self._pipelines.to_representation(pipeline) for pipeline in found.values()]


class PackageLinksSerializer(serializers.Serializer[Any]):
    """`delete_api_path` only where the caller may delete the package."""

    web_path = serializers.CharField()
    delete_api_path = serializers.URLField(required=False)


class PackageTagSerializer(ResponseSerializer):
    """A dist-tag of npm."""

    id = serializers.IntegerField()
    package_id = serializers.IntegerField()
    name = serializers.CharField()


def prefetch_tags(packages: Sequence[Package]) -> None:
    """One statement, if there is any package that can have some."""
    prefetch_related_objects([package for package in packages if package.kind == "npm"], "npm_tags")


class PackageVersionSerializer(WithPipelinesSerializer):
    id = serializers.IntegerField()
    version = serializers.CharField()
    created_at = Moment()
    tags = PackageTagSerializer(many=True, source="shown_tags")
    pipelines = serializers.SerializerMethodField()

    @extend_schema_field(PackagePipelineSerializer(many=True))
    def get_pipelines(self, package: Any) -> list[Any]:
        return self.pipelines_of(package.uploads)


class PackageSerializer(WithPipelinesSerializer):
    """Expects `uploads` and the project at hand, and of its view `deletable(packages)`: ids of the projects where the
    caller may delete packages."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.SerializerMethodField()
    package_type = serializers.CharField(source="kind")
    status = serializers.ChoiceField(PackageStatus.values)
    _links = serializers.SerializerMethodField(method_name="get_links")
    created_at = Moment()
    last_downloaded_at = Moment(allow_null=True)
    tags = PackageTagSerializer(many=True, source="shown_tags")
    pipelines = serializers.SerializerMethodField()
    pipeline = OptionalMethod()
    versions = serializers.SerializerMethodField()

    def get_version(self, package: Package) -> str | None:
        """None for what is about all versions."""
        return package.version or None

    def prepare(self, rows: Sequence[Any]) -> None:
        prefetch_tags(rows)
        self.deletable: set[int] = self.context["view"].deletable(rows)
        self.prepare_pipelines(file for package in rows for file in package.uploads)

    @extend_schema_field(PackageLinksSerializer)
    def get_links(self, package: Package) -> dict[str, str]:
        links = {"web_path": reverse("project_package", args=[package.project.full_path, package.pk])}
        if package.project_id in self.deletable:
            address = f"/api/v4/projects/{package.project_id}/packages/{package.pk}"
            links["delete_api_path"] = self.absolute_url(address)
        return links

    @extend_schema_field(PackagePipelineSerializer(many=True))
    def get_pipelines(self, package: Any) -> list[Any]:
        return self.pipelines_of(package.uploads)

    @extend_schema_field(PackagePipelineSerializer)
    def get_pipeline(self, package: Any) -> Any:
        return next(iter(self.pipelines_of(package.uploads)), ABSENT)

    @extend_schema_field(PackageVersionSerializer(many=True))
    def get_versions(self, package: Package) -> list[Any]:
        """Lists go without."""
        return []


class PackageDetailSerializer(PackageSerializer):
    """One, with the other versions of its name."""

    @extend_schema_field(PackageVersionSerializer(many=True))
    def get_versions(self, package: Package) -> list[Any]:
        others = PackageVersionSerializer(context=self.context)
        rows: list[Any] = list(Package.objects.other_versions_of(package).with_uploads()[:100])
        prefetch_tags(rows)
        others.prepare_pipelines(file for version in rows for file in version.uploads)
        return [others.to_representation(version) for version in rows]


class GroupPackageSerializer(PackageSerializer):
    project_id = serializers.IntegerField()
    project_path = serializers.CharField(source="project.full_path")


class PackageFileSerializer(WithPipelinesSerializer):
    id = serializers.IntegerField()
    package_id = serializers.IntegerField()
    created_at = Moment()
    file_name = serializers.CharField(source="name")
    size = serializers.IntegerField()
    file_md5 = serializers.SerializerMethodField()
    file_sha1 = serializers.SerializerMethodField()
    file_sha256 = serializers.CharField(source="sha256")
    pipelines = serializers.SerializerMethodField()

    def prepare(self, rows: Sequence[PackageFile]) -> None:
        self.prepare_pipelines(rows)

    def get_file_md5(self, file: PackageFile) -> str | None:
        return file.md5 or None

    def get_file_sha1(self, file: PackageFile) -> str | None:
        return file.sha1 or None

    @extend_schema_field(PackagePipelineSerializer(many=True))
    def get_pipelines(self, file: PackageFile) -> list[Any]:
        return self.pipelines_of([file])


# --- The answer to an upload ------------------------------------------------------------------------------------------


class FileUrlSerializer(serializers.Serializer[Any]):
    url = serializers.URLField()


class StoredFileSerializer(ResponseSerializer):
    """resources.md §2.1, `select=package_file`. Context: `request`, and the format's `download_path`."""

    id = serializers.IntegerField()
    package_id = serializers.IntegerField()
    created_at = Moment()
    updated_at = Moment(source="created_at")
    size = serializers.IntegerField()
    file_store = Constant(1)
    file_md5 = Constant(None)
    file_sha1 = Constant(None)
    file_sha256 = serializers.CharField(source="sha256")
    file_name = serializers.CharField(source="name")
    file = serializers.SerializerMethodField()
    status = serializers.ChoiceField(PackageStatus.values, source="package.status")

    @extend_schema_field(FileUrlSerializer)
    def get_file(self, file: PackageFile) -> dict[str, str]:
        return {"url": self.absolute_url(self.context["download_path"](file))}
