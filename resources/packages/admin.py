"""Packages in the administration: to look at and to delete. Files come only through the formats' own addresses."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from identity.models import User
from resources.packages import services
from resources.packages.models import Package, PackageFile
from resources.packages.querysets import PackageQuerySet


class Files(admin.TabularInline):
    model = PackageFile
    fields = readonly_fields = ("name", "size", "blob", "pipeline", "created_at")
    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Package)
class PackageAdmin(admin.ModelAdmin):
    list_display = ("name", "version", "kind", "project", "size", "status", "created_at", "last_downloaded_at")
    list_filter = ("kind", "status", "created_at")
    list_select_related = ("project",)
    search_fields = ("name", "version", "project__full_path")
    fields = ("project", "kind", "name", "version", "status", "creator", "created_at", "last_downloaded_at")
    readonly_fields = ("project", "kind", "name", "version", "creator", "created_at", "last_downloaded_at")
    inlines = (Files,)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Package]:
        packages = super().get_queryset(request)
        assert isinstance(packages, PackageQuerySet)
        return packages.with_size()

    @admin.display(ordering="size")
    def size(self, package: Package) -> str:
        return filesizeformat(package.size)  # type: ignore[attr-defined]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Package) -> None:
        services.delete_package(obj, by=_person(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Package]) -> None:
        for package in queryset.select_related("project"):
            services.delete_package(package, by=_person(request))


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
