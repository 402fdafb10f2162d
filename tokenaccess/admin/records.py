"""Authorizations and refusals of all projects, read-only."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.read_only_admin import ReadOnlyAdmin
from tokenaccess.models import (
    AcceptedFinding,
    AccessReview,
    AuthorizationRecord,
    DailyCount,
    GroupRulesFile,
    JobAddress,
    RefusalRecord,
    ReviewedEntry,
    RulesFile,
)


class _PairAdmin(ReadOnlyAdmin):
    """Of a source and a target."""

    list_select_related = ("origin_project", "accessed_project")
    search_fields = ("origin_project__full_path", "accessed_project__full_path")


@admin.register(AuthorizationRecord)
class AuthorizationRecordAdmin(_PairAdmin):
    list_display = ("origin_project", "accessed_project", "last_authorized_at")
    list_filter = ("last_authorized_at",)
    date_hierarchy = "last_authorized_at"


@admin.register(DailyCount)
class DailyCountAdmin(_PairAdmin):
    """Without a hierarchy of dates, which reads all of a million rows for the names of some days. In the order of the
    rows for the same reason: by day, and then by anything, it sorts thousands."""

    ordering = ("-id",)
    list_display = ("day", "origin_project", "accessed_project", "uses", "refusals")
    list_filter = ("day",)


@admin.register(RefusalRecord)
class RefusalRecordAdmin(ReadOnlyAdmin):
    list_display = ("origin_project", "job_id", "project", "action", "sentence", "trial", "count", "last_at")
    list_filter = ("trial", "rule", "action")
    list_select_related = ("origin_project", "project")
    search_fields = ("origin_project__full_path", "project__full_path", "sentence")
    date_hierarchy = "last_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[RefusalRecord]:
        """Those on trial too."""
        return RefusalRecord._base_manager.all()


@admin.register(JobAddress)
class JobAddressAdmin(ReadOnlyAdmin):
    list_display = ("job", "address", "elsewhere", "runner", "project", "first_at")
    list_filter = ("elsewhere",)
    list_select_related = ("job", "runner", "project")
    search_fields = ("address", "job__project__full_path", "project__full_path")
    date_hierarchy = "first_at"


@admin.register(AcceptedFinding)
class AcceptedFindingAdmin(ReadOnlyAdmin):
    list_display = ("check_name", "project", "group", "reason", "until", "accepted_by")
    list_filter = ("check_name",)
    list_select_related = ("project", "group", "accepted_by")
    search_fields = ("project__full_path", "group__full_path", "reason")
    date_hierarchy = "until"


class _RulesFileAdmin(ReadOnlyAdmin):
    list_filter = ("applied_at",)
    date_hierarchy = "applied_at"


@admin.register(RulesFile)
class RulesFileAdmin(_RulesFileAdmin):
    list_display = ("project", "applied_at", "applied_by")
    list_select_related = ("project", "applied_by")
    search_fields = ("project__full_path", "applied_by__username")


@admin.register(GroupRulesFile)
class GroupRulesFileAdmin(_RulesFileAdmin):
    list_display = ("group", "applied_at", "applied_by")
    list_select_related = ("group", "applied_by")
    search_fields = ("group__full_path", "applied_by__username")


@admin.register(AccessReview)
class AccessReviewAdmin(ReadOnlyAdmin):
    list_display = ("holder", "started_at", "started_by", "signed_off_at", "signed_off_by")
    list_filter = ("signed_off_at",)
    list_select_related = ("project", "group", "started_by", "signed_off_by")
    search_fields = ("project__full_path", "group__full_path", "signed_off_by__username", "note")
    date_hierarchy = "started_at"


@admin.register(ReviewedEntry)
class ReviewedEntryAdmin(ReadOnlyAdmin):
    list_display = ("review", "target_path", "direction", "decision", "expires_at", "reviewer_name", "at")
    list_filter = ("decision", "direction")
    list_select_related = ("review__project", "review__group", "reviewer")
    search_fields = ("target_path", "review__project__full_path", "review__group__full_path", "reviewer_name", "note")
    date_hierarchy = "at"
