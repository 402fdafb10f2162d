"""Releases in the administration: to look at and to delete. They are made on their pages and by the API."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.read_only_inline import ReadOnlyInline
from identity.sign_in.users import current_user
from resources.releases import services
from resources.releases.models import Release, ReleaseLink


class ReleaseLinkInline(ReadOnlyInline):
    model = ReleaseLink
    fields = ("name", "url", "path", "link_type")


@admin.register(Release)
class ReleaseAdmin(admin.ModelAdmin):
    list_display = ("name", "tag", "project", "released_at", "author", "created_at")
    list_filter = ("released_at", "created_at")
    list_select_related = ("project", "author")
    search_fields = ("name", "tag", "project__full_path")
    fields = readonly_fields = (
        "project", "tag", "sha", "name", "description", "created_at", "released_at", "author", "job",
    )  # fmt: skip
    inlines = (ReleaseLinkInline,)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Release) -> None:
        services.delete_release(obj, by=current_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> None:
        for release in queryset.select_related("project"):
            services.delete_release(release, by=current_user(request))
