"""Authorizations and refusals of all projects, read-only."""

from __future__ import annotations

from django.contrib import admin

from audit.read_only_admin import ReadOnlyAdmin
from tokenaccess.models import AuthorizationRecord, RefusalRecord


@admin.register(AuthorizationRecord)
class AuthorizationRecordAdmin(ReadOnlyAdmin):
    list_display = ("origin_project", "accessed_project", "last_authorized_at")
    list_select_related = ("origin_project", "accessed_project")
    search_fields = ("origin_project__full_path", "accessed_project__full_path")
    date_hierarchy = "last_authorized_at"


@admin.register(RefusalRecord)
class RefusalRecordAdmin(ReadOnlyAdmin):
    list_display = ("origin_project", "job_id", "project", "action", "sentence", "count", "last_at")
    list_filter = ("rule", "action")
    list_select_related = ("origin_project", "project")
    search_fields = ("origin_project__full_path", "project__full_path", "sentence")
    date_hierarchy = "last_at"
