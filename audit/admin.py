"""The history in the administration: to read and to search, never to change."""

from __future__ import annotations

from django.contrib import admin

from audit.models import AuditEvent
from audit.read_only_admin import ReadOnlyAdmin


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor_name", "event", "message", "target_path", "address")
    list_filter = ("event", "target_type")
    search_fields = ("message", "actor_name", "target_path")
    date_hierarchy = "at"
    fields = ("at", "actor_name", "event", "message", "target_type", "target_id", "target_path", "address", "details")
