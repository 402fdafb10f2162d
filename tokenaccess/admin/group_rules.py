"""The rules that groups set for all projects below them, and their lists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.models import AuditEvent
from identity.sign_in.users import current_user
from tokenaccess.admin.shared import TokenAccessAdmin
from tokenaccess.allowlist import services
from tokenaccess.allowlist.permissions import permission_labels
from tokenaccess.models import GroupAllowlistEntry, GroupRule
from tokenaccess.policy.levels import InboundMode
from tokenaccess.policy.permissions import Permission


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


class GroupEntryForm(forms.ModelForm):
    """The services validate it."""

    permissions = forms.MultipleChoiceField(
        choices=[(str(name), str(name)) for name in Permission],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Count only without default permissions. admin_… also grants read_….",
    )

    class Meta:
        model = GroupAllowlistEntry
        fields = ("group", "target_project", "target_group", "default_permissions", "permissions")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk is None and bool(cleaned.get("target_project")) == bool(cleaned.get("target_group")):
            raise forms.ValidationError("Name a project or a group, one of the two.")
        return cleaned


@admin.register(GroupAllowlistEntry)
class GroupAllowlistEntryAdmin(TokenAccessAdmin):
    form = GroupEntryForm
    list_display = ("group", "target", "may_do", "added_by", "created_at", "expires_at")
    list_filter = ("default_permissions", ("target_group", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("group", "target_project", "target_group", "added_by")
    search_fields = ("group__full_path", "target_project__full_path", "target_group__full_path", "added_by__username")
    autocomplete_fields = ("group", "target_project", "target_group")
    readonly_fields = ("added_by", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.readonly_fields, *(("group", "target_project", "target_group") if obj else ()))

    @admin.display(description="project or group")
    def target(self, entry: GroupAllowlistEntry) -> str:
        return f"{entry.kind} {entry.target.full_path}"

    @admin.display(description="may do")
    def may_do(self, entry: GroupAllowlistEntry) -> str:
        if entry.default_permissions:
            return "the person's role"
        return ", ".join(permission_labels(entry.permissions)) or "nothing that a visitor may not"

    def save_model(
        self, request: HttpRequest, obj: GroupAllowlistEntry, form: forms.ModelForm[Any], change: bool
    ) -> None:
        data, by = form.cleaned_data, current_user(request)
        granted = {"default_permissions": data["default_permissions"], "permissions": data["permissions"]}
        if change:
            stored = GroupAllowlistEntry.objects.select_related("group", "target_project", "target_group")
            services.change_group_entry(stored.get(pk=obj.pk), by=by, **granted)
            return
        target = data["target_project"] or data["target_group"]
        obj.pk = services.add_group_entry(data["group"], target, by=by, **granted).pk
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
