"""LFS objects and file locks in the administration: objects to look at, locks to take away."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from identity.sign_in.users import current_user
from resources.lfs import locks
from resources.lfs.models import FileLock, LfsObject


class _Records(admin.ModelAdmin):
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(LfsObject)
class LfsObjectAdmin(_Records):
    """Deleting one is left to housekeeping, which looks whether a commit needs it."""

    list_display = ("digest", "project", "size_in_words", "creator", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("project", "creator")
    search_fields = ("=blob__sha256", "project__full_path")
    fields = readonly_fields = (
        "project", "digest", "size_in_words", "creator", "job", "created_at", "asked_at", "checked_at",
    )  # fmt: skip

    @admin.display(description=_("size"), ordering="size")
    def size_in_words(self, found: LfsObject) -> str:
        return filesizeformat(found.size)

    @admin.display(description="SHA-256", ordering="blob_id")
    def digest(self, found: LfsObject) -> str:
        return found.blob_id

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(FileLock)
class FileLockAdmin(_Records):
    list_display = ("path", "project", "owner", "locked_at")
    list_filter = ("locked_at",)
    list_select_related = ("project", "owner")
    search_fields = ("path", "project__full_path", "owner__username")
    fields = readonly_fields = ("project", "path", "owner", "locked_at")

    def delete_model(self, request: HttpRequest, obj: FileLock) -> None:
        locks.unlock_file(obj, by=current_user(request), force=True)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[FileLock]) -> None:
        for lock in queryset:
            self.delete_model(request, lock)
