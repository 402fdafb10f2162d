"""The history in the administration: to read and to search, never to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from audit.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(admin.ModelAdmin):
    list_display = ("at", "actor_name", "event", "message", "target_path", "address")
    list_filter = ("event", "target_type")
    search_fields = ("message", "actor_name", "target_path")
    date_hierarchy = "at"
    show_full_result_count = False
    fields = ("at", "actor_name", "event", "message", "target_type", "target_id", "target_path", "address", "details")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
