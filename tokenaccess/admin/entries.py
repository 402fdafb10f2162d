"""All allowlist entries: search, change, remove."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.models import AuditEvent
from identity.sign_in.users import current_user
from tokenaccess.admin.saving import add_entry, change_entry
from tokenaccess.admin.shared import IMMUTABLE_FIELDS, EntryAdmin, EntryForm
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry


class WholeEntryForm(EntryForm):
    class Meta(EntryForm.Meta):
        fields = ("project", *EntryForm.Meta.fields)  # type: ignore[assignment]


@admin.register(AllowlistEntry)
class AllowlistEntryAdmin(EntryAdmin):
    form = WholeEntryForm
    list_display = (
        "project", "direction", "target", "may_do", "state", "expires_at", "owner", "added_by", "created_at",
        "autopopulated",
    )  # fmt: skip
    list_filter = (
        "direction",
        "default_permissions",
        "autopopulated",
        ("target_group", admin.EmptyFieldListFilter),
        ("suspended_at", admin.EmptyFieldListFilter),
        "expires_at",
        "created_at",
    )
    list_select_related = ("project", "target_project", "target_group", "added_by", "owner")
    search_fields = (
        "project__full_path",
        "target_project__full_path",
        "target_group__full_path",
        "added_by__username",
    )
    autocomplete_fields = ("project", "target_project", "target_group", "owner")
    readonly_fields = ("added_by", "created_at", "autopopulated", "suspended_at", "suspended_by", "confirmed_at")
    # Named, as Django would otherwise make the form once more to ask it for them.
    fields = (*WholeEntryForm.Meta.fields, *readonly_fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.readonly_fields, *(IMMUTABLE_FIELDS if obj else ()))

    def save_model(self, request: HttpRequest, obj: AllowlistEntry, form: forms.ModelForm[Any], change: bool) -> None:
        if change:
            related = ("project", "target_project", "target_group")
            stored = AllowlistEntry.objects.select_related(*related).get(pk=obj.pk)
            change_entry(stored, form.cleaned_data, current_user(request))
            return
        made = add_entry(form.cleaned_data["project"], form.cleaned_data, current_user(request))
        obj.pk = made.pk
        obj._state.adding = False

    def delete_model(self, request: HttpRequest, obj: AllowlistEntry) -> None:
        services.delete_entry(obj, by=current_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AllowlistEntry]) -> None:
        for entry in queryset.select_related("project", "target_project", "target_group"):
            services.delete_entry(entry, by=current_user(request))

    def events(self, object_id: str) -> Any:
        """The audit entries of its project about its target."""
        entry = AllowlistEntry.objects.filter(pk=object_id).first()
        if entry is None:
            return AuditEvent.objects.none()
        events = AuditEvent.objects.of_project(entry.project_id)
        return events.filter(details__kind=entry.kind, details__target_id=entry.target.pk)
