"""The packages API: whatever format brought them (resources.md §2.5)."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged_together
from config.params import BIGINT, Params
from config.rest import ApiError, no_content
from projects.models import Project
from resources.packages import services
from resources.packages.api.shapes import Shapes
from resources.packages.formats.generic import CHALLENGE
from resources.packages.models import Package, PackageFile
from resources.packages.querysets import PackageQuerySet
from tokenaccess.drf import GatedView
from tokenaccess.gate import which
from tokenaccess.policy import Action, decide

# What clients may ask for; a kind that nothing is stored of yields nothing.
KINDS = frozenset("composer conan debian generic golang helm maven ml_model npm nuget pypi rpm rubygems".split()) | {
    "terraform_module"
}
STATUSES = ["default", "hidden", "processing", "error", "pending_destruction"]
ORDERS = {"created_at": "created_at", "name": "name", "version": "version", "type": "kind"}
GROUP_ORDERS = {**ORDERS, "project_path": "project__full_path"}


def chosen(params: Params) -> Q:
    """The list's filters, as far as the caller names them."""
    filters = {
        "kind": params.choice("package_type", KINDS),
        "name__icontains": params.text("package_name"),
        "version": params.text("package_version"),
        "status": params.choice("status", STATUSES),
    }
    params.boolean("include_versionless")  # no format of ours has versionless packages; the word is known all the same
    return Q(**{name: value for name, value in filters.items() if value is not None})


def in_order(packages: PackageQuerySet, params: Params, orders: dict[str, str]) -> PackageQuerySet:
    """Without those that no list shows unless asked to. The id settles ties, so that pages never overlap."""
    field = orders[params.choice("order_by", orders) or "created_at"]
    sign = "-" if params.choice("sort", ["asc", "desc"]) == "desc" else ""
    shown = packages.listed() if params.choice("status", STATUSES) is None else packages
    return shown.order_by(f"{sign}{field}", f"{sign}id")


def number(raw: str, name: str) -> int:
    """An id from the address. One too large to be anybody's names nothing."""
    if not raw.isascii() or not raw.isdigit():
        raise ApiError(400, {"error": f"{name} is invalid"})
    if len(raw) > 19 or int(raw) > BIGINT:
        raise Http404
    return int(raw)


class PackageView(GatedView):
    challenge = CHALLENGE

    @property
    def packages(self) -> PackageQuerySet:
        assert self.access.facts.target is not None
        return Package.objects.filter(project=self.access.facts.target.id).select_related("project")

    def find(self, package_id: str) -> Package:
        """Raises Http404."""
        package = self.packages.with_uploads().filter(pk=number(package_id, "package_id")).first()
        if package is None:
            raise Http404
        return package

    def deletable(self) -> set[int]:
        """The project's id, when the caller may delete packages there."""
        target = self.access.facts.target
        allowed = decide(self.access.caller, Action.DELETE_PACKAGES, self.access.facts).allowed
        return {target.id} if allowed and target is not None else set()


class PackageList(PackageView):
    actions = {"GET": Action.READ_PACKAGES}

    def get(self, request: Request, project: str) -> Response:
        params = Params.of(request)
        rows = in_order(self.packages.filter(chosen(params)), params, ORDERS).with_uploads()
        shapes, deletable = Shapes(request, self.access), self.deletable()
        return paged_together(request, rows, lambda page: shapes.packages(page, deletable))


class PackageDetail(PackageView):
    actions = {"GET": Action.READ_PACKAGES, "DELETE": Action.DELETE_PACKAGES}

    def get(self, request: Request, project: str, package_id: str) -> Response:
        package = self.find(package_id)
        versions = list(Package.objects.other_versions_of(package).with_uploads()[:100])
        return Response(Shapes(request, self.access).package(package, self.deletable(), versions))

    def delete(self, request: Request, project: str, package_id: str) -> Response:
        services.delete_package(self.find(package_id), by=self.access.user)
        return no_content()


class FileList(PackageView):
    actions = {"GET": Action.READ_PACKAGES}

    def get(self, request: Request, project: str, package_id: str) -> Response:
        files = PackageFile.objects.filter(package=self.find(package_id)).with_pipelines().order_by("id")
        return paged_together(request, files, Shapes(request, self.access).files)


class FileDetail(PackageView):
    actions = {"DELETE": Action.DELETE_PACKAGES}

    def delete(self, request: Request, project: str, package_id: str, file_id: str) -> Response:
        files = PackageFile.objects.filter(package=self.find(package_id)).select_related("package__project")
        file = files.filter(pk=number(file_id, "package_file_id")).first()
        if file is None:
            raise Http404
        services.delete_file(file, by=self.access.user)
        return no_content()


class GroupPackages(GatedView):
    """All that the caller may read in the projects below the group."""

    actions = {"GET": Action.READ_GROUP}

    def get(self, request: Request, group: str) -> Response:
        params, place, user = Params.of(request), self.access.group, self.access.user
        projects = Project.objects.alive().below(place.pk)
        if params.boolean("exclude_subgroups"):
            projects = projects.filter(group=place)
        readable = Package.objects.filter(project__in=projects).readable_by(user, chosen(params))
        rows = in_order(readable, params, GROUP_ORDERS).select_related("project__group").with_uploads()

        def render(page: list[Package]) -> list[Any]:
            deletable = which(user, Action.DELETE_PACKAGES, [package.project for package in page])
            return Shapes(request, self.access).packages(page, deletable, by_group=True)

        return paged_together(request, rows, render)
