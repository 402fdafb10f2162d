"""Secure files in the administration: to look at and to delete. What is in them is not shown anywhere."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from identity.sign_in.users import current_user
from resources.secure_files import services
from resources.secure_files.models import SecureFile


@admin.register(SecureFile)
class SecureFileAdmin(admin.ModelAdmin):
    list_display = ("name", "project", "size_in_words", "creator", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("project", "creator")
    search_fields = ("name", "project__full_path")
    fields = readonly_fields = ("project", "name", "size_in_words", "sha256", "creator", "created_at")
    show_full_result_count = False

    @admin.display(description=_("size"), ordering="size")
    def size_in_words(self, file: SecureFile) -> str:
        return filesizeformat(file.size)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: SecureFile) -> None:
        with suppress(SecureFile.DoesNotExist):
            services.delete_file(obj, by=current_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SecureFile]) -> None:
        for file in queryset.select_related("project"):
            self.delete_model(request, file)
