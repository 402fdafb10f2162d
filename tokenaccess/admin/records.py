"""Authorizations and refusals of all projects, read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.read_only_admin import ReadOnlyAdmin, relabel
from jobs.models import Job
from tokenaccess.allowlist.permissions import permission_labels
from tokenaccess.explanation.wording import action_words, reason_words
from tokenaccess.models import (
    AcceptedFinding,
    AccessReview,
    AuthorizationRecord,
    DailyCount,
    GroupIgnoredSource,
    GroupRulesFile,
    IgnoredSource,
    JobAddress,
    RefusalRecord,
    ReviewedEntry,
    RulesFile,
)
from tokenaccess.posture.checks import BY_NAME

SOURCE, TARGET = pgettext_lazy("project whose job asks", "Source"), _("Target")


class _PairAdmin(ReadOnlyAdmin):
    """Of a source and a target."""

    source, source_link = relabel("origin_project", SOURCE), relabel("origin_project", SOURCE, is_link=True)
    target, target_link = relabel("accessed_project", TARGET), relabel("accessed_project", TARGET, is_link=True)
    list_select_related = ("origin_project", "accessed_project")
    search_fields = ("origin_project__full_path", "accessed_project__full_path")


@admin.register(AuthorizationRecord)
class AuthorizationRecordAdmin(_PairAdmin):
    list_display = ("source", "target", "last_authorized_at")
    fields = ("source_link", "target_link", "last_authorized_at", "used")
    list_filter = ("last_authorized_at",)
    date_hierarchy = "last_authorized_at"

    @admin.display(description=_("used"))
    def used_in_words(self, row: AuthorizationRecord) -> str:
        """Each permission with the minute of its last use, in UTC."""
        used = [(permission_labels([name]) or [name], at[:16].replace("T", " ")) for name, at in row.used.items()]
        return "\n".join(f"{words[0]}: {at} UTC" for words, at in used)


@admin.register(DailyCount)
class DailyCountAdmin(_PairAdmin):
    """Without a hierarchy of dates, which reads all of a million rows for the names of some days. In the order of the
    rows for the same reason: by day, and then by anything, it sorts thousands."""

    ordering = ("-id",)
    list_display = ("day", "source", "target", "uses", "refusals")
    fields = ("day", "source_link", "target_link", "uses", "refusals")
    list_filter = ("day",)


@admin.register(RefusalRecord)
class RefusalRecordAdmin(ReadOnlyAdmin):
    list_display = ("source", "job", "target", "action_in_words", "reason", "trial", "count", "last_refused")
    fields = (
        "source_link", "job", "target_link", "action_in_words", "reason", "trial", "count", "first_at", "last_at",
    )  # fmt: skip
    list_filter = ("trial", "rule", "action")
    list_select_related = ("origin_project", "project")
    search_fields = ("origin_project__full_path", "project__full_path", "sentence")
    date_hierarchy = "last_at"

    source, source_link = relabel("origin_project", SOURCE), relabel("origin_project", SOURCE, is_link=True)
    target, target_link = relabel("project", TARGET), relabel("project", TARGET, is_link=True)
    last_refused = relabel("last_at", _("Last refused"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[RefusalRecord]:
        """Those on trial too, each with whether its job is still there."""
        found = Job.objects.filter(pk=OuterRef("job_id"))
        return RefusalRecord._base_manager.annotate(has_job=Exists(found))

    @admin.display(description=_("Job"), ordering="job_id")
    def job(self, row: Any) -> str:
        if not row.has_job:
            return f"#{row.job_id}"
        return format_html('<a href="{}">#{}</a>', reverse("admin:jobs_job_change", args=[row.job_id]), row.job_id)

    @admin.display(description=_("Wanted to"), ordering="action")
    def action_in_words(self, row: RefusalRecord) -> str:
        return action_words(row.action)

    @admin.display(description=_("Reason"), ordering="sentence")
    def reason(self, row: RefusalRecord) -> str:
        return reason_words(row.sentence)


class _IgnoredAdmin(ReadOnlyAdmin):
    """What a trial's report leaves out. It is ignored and counted again on the pages of the trial."""

    source, source_link = relabel("source", SOURCE), relabel("source", SOURCE, is_link=True)
    by = relabel("ignored_by", _("User"))
    list_filter = ("created_at",)
    date_hierarchy = "created_at"


@admin.register(IgnoredSource)
class IgnoredSourceAdmin(_IgnoredAdmin):
    list_display = ("source", "project", "by", "created_at")
    fields = ("source_link", "project", "by", "created_at")
    list_select_related = ("source", "project", "ignored_by")
    search_fields = ("source__full_path", "project__full_path")


@admin.register(GroupIgnoredSource)
class GroupIgnoredSourceAdmin(_IgnoredAdmin):
    list_display = ("source", "group", "by", "created_at")
    fields = ("source_link", "group", "by", "created_at")
    list_select_related = ("source", "group", "ignored_by")
    search_fields = ("source__full_path", "group__full_path")


@admin.register(JobAddress)
class JobAddressAdmin(ReadOnlyAdmin):
    list_display = ("job", "address", "elsewhere", "runner", "project", "first_seen")
    fields = ("job", "address", "elsewhere", "runner", "project", "first_at")
    list_filter = ("elsewhere",)
    list_select_related = ("job", "runner", "project")
    search_fields = ("address", "job__project__full_path", "project__full_path")
    date_hierarchy = "first_at"

    first_seen = relabel("first_at", _("First seen"))


def check_words(name: str) -> str:
    """The title of a check; of one that there is no more, its name."""
    return str(BY_NAME[name].title) if name in BY_NAME else name


class CheckFilter(admin.AllValuesFieldListFilter):
    """With the titles of the checks."""

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            yield {**choice, "display": check_words(str(choice["display"]))}


@admin.register(AcceptedFinding)
class AcceptedFindingAdmin(ReadOnlyAdmin):
    list_display = ("finding", "project", "group", "reason", "until", "accepted_by")
    fields = ("finding", "subject_id", "project", "group", "reason", "until", "accepted_by", "created_at")
    list_filter = (("check_name", CheckFilter),)
    list_select_related = ("project", "group", "accepted_by")
    search_fields = ("project__full_path", "group__full_path", "reason")
    date_hierarchy = "until"

    @admin.display(description=_("finding"), ordering="check_name")
    def finding(self, row: AcceptedFinding) -> str:
        return check_words(row.check_name)


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
    list_display = ("reviewed", "started_at", "started_by", "signed_off_at", "signed_off_by")
    list_filter = ("signed_off_at",)
    list_select_related = ("project", "group", "started_by", "signed_off_by")
    search_fields = ("project__full_path", "group__full_path", "signed_off_by__username", "note")
    date_hierarchy = "started_at"

    @admin.display(description=_("project or group"))
    def reviewed(self, review: AccessReview) -> str:
        return review.holder.full_path


@admin.register(ReviewedEntry)
class ReviewedEntryAdmin(ReadOnlyAdmin):
    list_display = ("review", "target_path", "direction", "decision", "expires_at", "reviewer_name", "decided")
    list_filter = ("decision", "direction")
    list_select_related = ("review__project", "review__group", "reviewer")
    search_fields = ("target_path", "review__project__full_path", "review__group__full_path", "reviewer_name", "note")
    fields = (
        "review", "target_kind", "target_path", "direction", "default_permissions", "permissions", "reason",
        "expires_at", "decision", "note", "reviewer_name", "at",
    )  # fmt: skip
    date_hierarchy = "at"

    decided = relabel("at", _("When"))

    @admin.display(description=_("permissions"))
    def permissions_in_words(self, row: ReviewedEntry) -> str:
        return ", ".join(permission_labels(row.permissions))
