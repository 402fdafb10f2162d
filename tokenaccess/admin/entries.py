"""All allowlist entries: search, change, remove."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.models import AuditEvent
from identity.models import today
from identity.sign_in.users import current_user
from tokenaccess.admin.saving import add_entry, change_entry
from tokenaccess.admin.shared import IMMUTABLE_FIELDS, EntryForm, TokenAccessAdmin
from tokenaccess.allowlist import services
from tokenaccess.allowlist.permissions import permission_labels
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import AllowlistEntry


class WholeEntryForm(EntryForm):
    class Meta(EntryForm.Meta):
        fields = ("project", *EntryForm.Meta.fields)  # type: ignore[assignment]


@admin.register(AllowlistEntry)
class AllowlistEntryAdmin(TokenAccessAdmin):
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
    actions = ("suspend", "restore", "renew")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.readonly_fields, *(IMMUTABLE_FIELDS if obj else ()))

    @admin.display(description="project or group")
    def target(self, entry: AllowlistEntry) -> str:
        return f"{entry.kind} {entry.target.full_path}"

    @admin.display(description="state")
    def state(self, entry: AllowlistEntry) -> str:
        return entry.state_on(today()).name.lower()

    @admin.action(description="Suspend the selected entries", permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[AllowlistEntry]) -> None:
        self._step(request, queryset, services.suspend_entry)

    @admin.action(description="Restore the selected entries", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[AllowlistEntry]) -> None:
        self._step(request, queryset, services.restore_entry)

    @admin.action(description="Renew the selected entries", permissions=["change"])
    def renew(self, request: HttpRequest, queryset: QuerySet[AllowlistEntry]) -> None:
        self._step(request, queryset, services.renew_entry)

    def _step(
        self, request: HttpRequest, queryset: QuerySet[AllowlistEntry], step: Callable[..., AllowlistEntry]
    ) -> None:
        """Each entry on its own: an error in one does not stop the others."""
        done = 0
        for entry in queryset.select_related("project", "target_project", "target_group"):
            try:
                step(entry, by=current_user(request))
                done += 1
            except TokenAccessError as error:
                messages.error(request, f"{entry}: {error.message}")
        if done:
            messages.success(request, f"{done} entr{'y' if done == 1 else 'ies'} changed.")

    @admin.display(description="may do")
    def may_do(self, entry: AllowlistEntry) -> str:
        if entry.default_permissions:
            return "the person's role"
        return ", ".join(permission_labels(entry.permissions)) or "nothing that a visitor may not"

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
