"""The filters of lists of packages (resources.md §2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from api.input.fields import Boolean, Choice, Text
from api.input.list_filters import Flag, ListFilters, only_order
from resources.packages.querysets import PackageQuerySet

# What clients may ask for; a kind that nothing is stored of yields nothing.
KINDS = [
    "composer", "conan", "debian", "generic", "golang", "helm", "maven", "ml_model", "npm", "nuget", "pypi", "rpm",
    "rubygems", "terraform_module",
]  # fmt: skip
STATUSES = ["default", "hidden", "processing", "error", "pending_destruction"]


class PackageFilters(ListFilters):
    """A filter that is not known would show packages that were not asked for."""

    package_type = Choice(KINDS, source="kind")
    package_name = Text(source="name__icontains")
    package_version = Text(source="version")
    status = Choice(STATUSES)
    include_versionless = Flag()

    orders = {"created_at": "created_at", "name": "name", "version": "version", "type": "kind"}
    default_order = ("created_at", "asc")

    @classmethod
    def condition(cls, values: Mapping[str, Any]) -> Q:
        lookups = ("kind", "name__icontains", "version", "status")
        return Q(**{lookup: values[lookup] for lookup in lookups if lookup in values})

    @classmethod
    def listed(cls, packages: PackageQuerySet, values: Mapping[str, Any]) -> PackageQuerySet:
        """In order, and without those that no list shows unless asked to."""
        shown = packages if "status" in values else packages.filter(status="default")
        return cls.order(shown if values.get("include_versionless") else shown.versioned(), values)


class GroupPackageFilters(PackageFilters):
    exclude_subgroups = Boolean(default=False)

    orders = {**PackageFilters.orders, "project_path": "project__full_path"}


class PackageFileFilters(ListFilters):
    orders = {"id": "id", "created_at": "created_at", "file_name": "name"}
    default_order = ("id", "asc")


class PackagePipelineFilters(ListFilters):
    """Newest first, as GitLab has them."""

    unsupported = only_order("id", "desc")


class PackageProtectionFilters(ListFilters):
    """None."""
