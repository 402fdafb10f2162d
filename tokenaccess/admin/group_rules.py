"""The rules that groups set for all projects below them, and their lists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.models import AuditEvent
from identity.sign_in.users import current_user
from tokenaccess.admin.saving import terms_in
from tokenaccess.admin.shared import TERMS, EntryAdmin, EntryForm, TokenAccessAdmin
from tokenaccess.allowlist import services
from tokenaccess.models import GroupAllowlistEntry, GroupRule
from tokenaccess.policy.levels import InboundMode


@admin.register(GroupRule)
class GroupRuleAdmin(TokenAccessAdmin):
    """A rule is not deleted but opened: by its row the access check finds the group's list."""

    list_display = ("group", "inbound_mode", "has_ceiling", "is_locked")
    list_filter = ("inbound_mode", "has_ceiling", "is_locked")
    list_select_related = ("group",)
    search_fields = ("group__full_path",)
    autocomplete_fields = ("group",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("group",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: GroupRule, form: forms.ModelForm[Any], change: bool) -> None:
        data = form.cleaned_data
        services.change_group_rule(
            obj.group,
            by=current_user(request),
            inbound_mode=InboundMode(data["inbound_mode"]),
            has_ceiling=data["has_ceiling"],
            is_locked=data["is_locked"],
        )

    def events(self, object_id: str) -> QuerySet[AuditEvent]:
        return _events(object_id)


class GroupEntryForm(EntryForm):
    class Meta(EntryForm.Meta):
        model = GroupAllowlistEntry  # type: ignore[assignment]
        fields = (
            "group", "target_project", "target_group", "default_permissions", "permissions", *TERMS,
        )  # fmt: skip


@admin.register(GroupAllowlistEntry)
class GroupAllowlistEntryAdmin(EntryAdmin):
    form = GroupEntryForm
    list_display = ("group", "target", "may_do", "state", "expires_at", "owner", "added_by", "created_at")
    list_filter = (
        "default_permissions",
        ("target_group", admin.EmptyFieldListFilter),
        ("suspended_at", admin.EmptyFieldListFilter),
        "expires_at",
        "created_at",
    )
    list_select_related = ("group", "target_project", "target_group", "added_by", "owner")
    search_fields = ("group__full_path", "target_project__full_path", "target_group__full_path", "added_by__username")
    autocomplete_fields = ("group", "target_project", "target_group", "owner")
    readonly_fields = ("added_by", "created_at", "suspended_at", "suspended_by", "confirmed_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.readonly_fields, *(("group", "target_project", "target_group") if obj else ()))

    def save_model(
        self, request: HttpRequest, obj: GroupAllowlistEntry, form: forms.ModelForm[Any], change: bool
    ) -> None:
        data, by = form.cleaned_data, current_user(request)
        granted = {"default_permissions": data["default_permissions"], "permissions": data["permissions"]}
        if change:
            stored = GroupAllowlistEntry.objects.select_related("group", "target_project", "target_group")
            services.set_entry_permissions(stored.get(pk=obj.pk), by=by, **granted)
            services.set_terms(stored.get(pk=obj.pk), terms_in(data), by=by)
            return
        target = data["target_project"] or data["target_group"]
        obj.pk = services.add_group_entry(data["group"], target, by=by, terms=terms_in(data), **granted).pk
        obj._state.adding = False

    def delete_model(self, request: HttpRequest, obj: GroupAllowlistEntry) -> None:
        services.delete_group_entry(obj, by=current_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[GroupAllowlistEntry]) -> None:
        for entry in queryset.select_related("group", "target_project", "target_group"):
            services.delete_group_entry(entry, by=current_user(request))

    def events(self, object_id: str) -> QuerySet[AuditEvent]:
        entry = GroupAllowlistEntry.objects.filter(pk=object_id).first()
        if entry is None:
            return AuditEvent.objects.none()
        return _events(str(entry.group_id)).filter(details__kind=entry.kind, details__target_id=entry.target.pk)


def _events(group_id: str) -> QuerySet[AuditEvent]:
    """Of the group's rule and list."""
    return AuditEvent.objects.filter(
        target_type="group", target_id=group_id, event__startswith="secure_ci_job_token_group_"
    )
