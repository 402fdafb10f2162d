"""Packages in the administration: to look at and to delete. Files come only through the formats' own addresses."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _

from audit.read_only_admin import ReadOnlyAdmin
from audit.read_only_inline import ReadOnlyInline
from identity.sign_in.users import current_user
from resources.packages import services
from resources.packages.models import Package, PackageFile, PackageProtectionRule, PackageSettings
from resources.packages.protection import services as protection
from resources.packages.publishers import services as publishers
from resources.packages.publishers.models import TrustedPublisher
from resources.packages.querysets import PackageQuerySet


class PackageFileInline(ReadOnlyInline):
    model = PackageFile
    fields = ("name", "size_in_words", "sha256", "pipeline", "created_at", "downloads", "last_downloaded_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PackageFile]:
        return super().get_queryset(request).select_related("download_count")

    @admin.display(description=_("size"))
    def size_in_words(self, file: PackageFile) -> str:
        return filesizeformat(file.size)

    @admin.display(description="SHA-256")
    def sha256(self, file: PackageFile) -> str:
        return file.blob_id

    @admin.display(description=_("downloads"))
    def downloads(self, file: PackageFile) -> int:
        return file.download_count.count if hasattr(file, "download_count") else 0

    @admin.display(description=_("last download"))
    def last_downloaded_at(self, file: PackageFile) -> str:
        if not hasattr(file, "download_count"):
            return ""
        return str(localize(timezone.localtime(file.download_count.last_at)))


@admin.register(Package)
class PackageAdmin(admin.ModelAdmin):
    list_display = (
        "name", "version", "kind", "project", "size", "status", "created_at", "downloads", "last_downloaded_at",
    )  # fmt: skip
    list_filter = ("kind", "status", "created_at")
    list_select_related = ("project",)
    search_fields = ("name", "version", "project__full_path")
    fields = ("project", "kind", "name", "version", "status", "creator", "created_at", "last_downloaded_at")
    readonly_fields = ("project", "kind", "name", "version", "creator", "created_at", "last_downloaded_at")
    inlines = (PackageFileInline,)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Package]:
        packages = super().get_queryset(request)
        assert isinstance(packages, PackageQuerySet)
        return packages.with_totals()

    @admin.display(description=_("size"), ordering="size")
    def size(self, package: Package) -> str:
        return filesizeformat(package.size)  # type: ignore[attr-defined]

    @admin.display(description=_("downloads"), ordering="downloads")
    def downloads(self, package: Package) -> int:
        return package.downloads  # type: ignore[attr-defined]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Package) -> None:
        services.delete_package(obj, by=current_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Package]) -> None:
        for package in queryset.select_related("project"):
            services.delete_package(package, by=current_user(request))


@admin.register(PackageSettings)
class PackageSettingsAdmin(admin.ModelAdmin):
    """To look at; owners change them in the settings of their group."""

    list_display = (
        "group",
        "generic_duplicates_allowed",
        "maven_duplicates_allowed",
        "terraform_module_duplicates_allowed",
    )
    list_filter = ("generic_duplicates_allowed", "maven_duplicates_allowed", "terraform_module_duplicates_allowed")
    list_select_related = ("group",)
    search_fields = ("group__full_path",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PackageProtectionRule)
class PackageProtectionRuleAdmin(admin.ModelAdmin):
    """To look at and to delete; rules are made in the settings of their project."""

    list_display = ("name_pattern", "kind", "project", "min_push_role", "min_delete_role")
    list_filter = ("kind", "min_push_role", "min_delete_role")
    list_select_related = ("project",)
    search_fields = ("name_pattern", "project__full_path")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: PackageProtectionRule) -> None:
        protection.delete_rule(obj, by=current_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[PackageProtectionRule]) -> None:
        for rule in queryset.select_related("project"):
            protection.delete_rule(rule, by=current_user(request))


@admin.register(TrustedPublisher)
class TrustedPublisherAdmin(ReadOnlyAdmin):
    """To look at and to delete; publishers are made in the settings of their project."""

    list_display = (
        "package_name", "project", "source", "environment", "ref_path", "config_path", "created_by", "last_used_at",
    )  # fmt: skip
    list_filter = ("created_at", ("last_used_at", admin.EmptyFieldListFilter))
    list_select_related = ("project", "source", "created_by")
    search_fields = ("package_name", "project__full_path", "source__full_path")
    fields = (
        "project", "package_name", "source", "environment", "ref_path", "config_path", "created_at", "created_by",
        "last_used_at",
    )  # fmt: skip

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return current_user(request).is_superuser

    def delete_model(self, request: HttpRequest, obj: TrustedPublisher) -> None:
        publishers.delete_publisher(obj, by=current_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[TrustedPublisher]) -> None:
        for publisher in queryset.select_related("project"):
            publishers.delete_publisher(publisher, by=current_user(request))
