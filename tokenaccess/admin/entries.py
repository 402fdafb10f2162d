"""Every entry of every list: to search, to narrow, to take away."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.models import AuditEvent
from tokenaccess import services
from tokenaccess.admin.saving import alter_entry, make_entry
from tokenaccess.admin.shared import FIXED, EntryForm, Told, editor
from tokenaccess.models import AllowlistEntry
from tokenaccess.permissions import words
from tokenaccess.services.telling import kind_of


class WholeEntryForm(EntryForm):
    class Meta(EntryForm.Meta):
        fields = ("project", *EntryForm.Meta.fields)  # type: ignore[assignment]


@admin.register(AllowlistEntry)
class AllowlistEntryAdmin(Told):
    form = WholeEntryForm
    list_display = ("project", "direction", "target", "may_do", "added_by", "created_at", "autopopulated")
    list_filter = (
        "direction",
        "default_permissions",
        "autopopulated",
        ("target_group", admin.EmptyFieldListFilter),
        "created_at",
    )
    list_select_related = ("project", "target_project", "target_group", "added_by")
    search_fields = (
        "project__full_path",
        "target_project__full_path",
        "target_group__full_path",
        "added_by__username",
    )
    autocomplete_fields = ("project", "target_project", "target_group")
    readonly_fields = ("added_by", "created_at", "autopopulated")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.readonly_fields, *(FIXED if obj else ()))

    @admin.display(description="project or group")
    def target(self, entry: AllowlistEntry) -> str:
        return f"{kind_of(entry)} {entry.target.full_path}"

    @admin.display(description="may do")
    def may_do(self, entry: AllowlistEntry) -> str:
        if entry.default_permissions:
            return "the person's role"
        return ", ".join(words(entry.permissions)) or "nothing that a visitor may not"

    def save_model(self, request: HttpRequest, obj: AllowlistEntry, form: forms.ModelForm[Any], change: bool) -> None:
        if change:
            related = ("project", "target_project", "target_group")
            stored = AllowlistEntry.objects.select_related(*related).get(pk=obj.pk)
            alter_entry(stored, form.cleaned_data, editor(request))
            return
        made = make_entry(form.cleaned_data["project"], form.cleaned_data, editor(request))
        obj.pk = made.pk
        obj._state.adding = False

    def delete_model(self, request: HttpRequest, obj: AllowlistEntry) -> None:
        services.remove_entry(obj, by=editor(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AllowlistEntry]) -> None:
        for entry in queryset.select_related("project", "target_project", "target_group"):
            services.remove_entry(entry, by=editor(request))

    def events(self, object_id: str) -> Any:
        """What the history of its project tells of what the entry names."""
        entry = AllowlistEntry.objects.filter(pk=object_id).first()
        if entry is None:
            return AuditEvent.objects.none()
        told = AuditEvent.objects.of_project(entry.project_id)
        return told.filter(details__kind=kind_of(entry), details__target_id=entry.target.pk)
