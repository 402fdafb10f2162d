"""The packages API: whatever format brought them (resources.md §2.5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError
from jobs.models import Pipeline
from projects.models import Project
from resources.packages import services
from resources.packages.api.filters import (
    GroupPackageFilters,
    PackageFileFilters,
    PackageFilters,
    PackagePipelineFilters,
)
from resources.packages.api.serializers import (
    GroupPackageSerializer,
    PackageDetailSerializer,
    PackageFileSerializer,
    PackagePipelineSerializer,
    PackageSerializer,
)
from resources.packages.formats.uploads import CHALLENGE
from resources.packages.models import Package, PackageFile
from resources.packages.protection.refusals import require_unprotected
from resources.packages.querysets import PackageQuerySet
from resources.packages.visible_pipelines import visible_pipelines
from text.numbers import is_number, parse_number
from tokenaccess.access.gate import check_same_target, permitted_ids
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action, decide


def _read_id(raw: str, name: str) -> int:
    """An id from the address. One too large to be anybody's names nothing."""
    if not is_number(raw):
        raise ApiError(400, {"error": f"{name} is invalid"})
    number = parse_number(raw)
    if number is None:
        raise Http404
    return number


class PackageView(GatedView):
    challenge = CHALLENGE

    @property
    def packages(self) -> PackageQuerySet:
        assert self.access.facts.target is not None
        return Package.objects.filter(project=self.access.facts.target.id).select_related("project")

    def find(self, package_id: str) -> Package:
        """Raises Http404."""
        package = self.packages.with_uploads().filter(pk=_read_id(package_id, "package_id")).first()
        if package is None:
            raise Http404
        return package

    def require_deletable(self, package: Package) -> None:
        """Raises ApiError for one that a rule protects."""
        request = self.request._request
        require_unprotected(request, self.access, Action.DELETE_PACKAGES, package.kind, package.name)

    def deletable(self, packages: Sequence[Package]) -> set[int]:
        """The project's id, when the caller may delete packages there."""
        target = self.access.facts.target
        allowed = decide(self.access.caller, Action.DELETE_PACKAGES, self.access.facts).allowed
        return {target.id} if allowed and target is not None else set()


class PackageList(PackageView):
    actions = {"GET": Action.READ_PACKAGES}

    @operation(PackageFilters, returns=PackageSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> PackageQuerySet:
        rows = self.packages.filter(PackageFilters.condition(params))
        return PackageFilters.listed(rows, params).with_uploads()


class PackageDetail(PackageView):
    actions = {"GET": Action.READ_PACKAGES, "DELETE": Action.DELETE_PACKAGES}

    @operation(returns=PackageDetailSerializer)
    def get(self, request: Request, project: str, package_id: str) -> Package:
        return self.find(package_id)

    @operation()
    def delete(self, request: Request, project: str, package_id: str) -> None:
        package = self.find(package_id)
        self.require_deletable(package)
        services.delete_package(package, by=self.current_user)


class FileList(PackageView):
    actions = {"GET": Action.READ_PACKAGES}

    @operation(PackageFileFilters, returns=PackageFileSerializer, many=True)
    def get(self, request: Request, project: str, package_id: str, params: dict[str, Any]) -> QuerySet[PackageFile]:
        files = PackageFile.objects.filter(package=self.find(package_id)).with_pipelines()
        return PackageFileFilters.apply(files, params)


class FileDetail(PackageView):
    actions = {"DELETE": Action.DELETE_PACKAGES}

    @operation()
    def delete(self, request: Request, project: str, package_id: str, file_id: str) -> None:
        files = PackageFile.objects.filter(package=self.find(package_id)).select_related("package__project")
        file = files.filter(pk=_read_id(file_id, "package_file_id")).first()
        if file is None:
            raise Http404
        self.require_deletable(file.package)
        services.delete_file(file, by=self.current_user)


class PipelineList(PackageView):
    """The pipelines whose jobs stored the package's files."""

    actions = {"GET": Action.READ_PIPELINES}

    @operation(PackagePipelineFilters, returns=PackagePipelineSerializer, many=True)
    def get(self, request: Request, project: str, package_id: str, params: dict[str, Any]) -> QuerySet[Pipeline]:
        if not check_same_target(self.access, Action.READ_PACKAGES).decision.allowed:
            raise Http404
        files = PackageFile.objects.filter(package=self.find(package_id), pipeline__isnull=False).with_pipelines()
        visible = visible_pipelines((file.pipeline for file in files if file.pipeline), self.access)
        pipelines = Pipeline.objects.filter(pk__in=visible).select_related("user", "project__group")
        return pipelines.order_by("-id")


class GroupPackages(GatedView):
    """All that the caller may read in the projects below the group."""

    actions = {"GET": Action.READ_GROUP}

    @operation(GroupPackageFilters, returns=GroupPackageSerializer, many=True)
    def get(self, request: Request, group: str, params: dict[str, Any]) -> PackageQuerySet:
        place, user = self.access.group, self.access.user
        projects = Project.objects.alive().below(place.pk)
        if params["exclude_subgroups"]:
            projects = projects.filter(group=place)
        condition = GroupPackageFilters.condition(params)
        readable = Package.objects.filter(project__in=projects).readable_by(user, condition)
        return GroupPackageFilters.listed(readable, params).select_related("project__group").with_uploads()

    def deletable(self, packages: Sequence[Package]) -> set[int]:
        return permitted_ids(self.access.user, Action.DELETE_PACKAGES, [package.project for package in packages])
