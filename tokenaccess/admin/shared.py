"""Shared by the admin pages: service errors above the form, and entries with their form and their steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from audit import admin_base
from identity.models import today
from identity.sign_in.users import current_user
from tokenaccess.allowlist import services
from tokenaccess.allowlist.permissions import permission_labels
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import AllowlistEntry
from tokenaccess.models.list_entry import ListEntry
from tokenaccess.policy.permissions import Permission

TERMS = ("reason", "owner", "expires_at", "conditions")
IMMUTABLE_FIELDS = ("project", "direction", "target_project", "target_group")


class TokenAccessAdmin(admin_base.ServiceBackedAdmin):
    """Shows TokenAccessError."""

    service_error = TokenAccessError

    def messages_of(self, error: Any) -> list[str]:
        return [f"{error.message}. Nothing was changed."]


class EntryAdmin(TokenAccessAdmin):
    """Of the entries on whatever lists."""

    actions = ("suspend", "restore", "renew")

    @admin.display(description="project or group")
    def target(self, entry: ListEntry) -> str:
        return f"{entry.kind} {entry.target.full_path}"

    @admin.display(description="state")
    def state(self, entry: ListEntry) -> str:
        return entry.state_on(today()).name.lower()

    @admin.action(description="Suspend the selected entries", permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._step(request, queryset, services.suspend_entry)

    @admin.action(description="Restore the selected entries", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._step(request, queryset, services.restore_entry)

    @admin.action(description="Renew the selected entries", permissions=["change"])
    def renew(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._step(request, queryset, services.renew_entry)

    def _step(self, request: HttpRequest, queryset: QuerySet[Any], step: Callable[..., ListEntry]) -> None:
        """Each entry on its own: an error in one does not stop the others."""
        done = 0
        for entry in queryset.select_related(queryset.model.holder_field, "target_project", "target_group"):
            try:
                step(entry, by=current_user(request))
                done += 1
            except TokenAccessError as error:
                messages.error(request, f"{entry}: {error.message}")
        if done:
            messages.success(request, f"{done} entr{'y' if done == 1 else 'ies'} changed.")

    @admin.display(description="may do")
    def may_do(self, entry: ListEntry) -> str:
        if entry.default_permissions:
            return "the person's role"
        return ", ".join(permission_labels(entry.permissions)) or "nothing that a visitor may not"


class EntryForm(forms.ModelForm):
    """An entry with its permissions. The services validate it."""

    permissions = forms.MultipleChoiceField(
        choices=[(str(name), str(name)) for name in Permission],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Count only without default permissions. admin_… also grants read_….",
    )

    class Meta:
        model = AllowlistEntry
        fields = (
            "direction",
            "target_project",
            "target_group",
            "default_permissions",
            "permissions",
            *TERMS,
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """The target of an existing entry cannot change."""
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            for name in IMMUTABLE_FIELDS:
                if name in self.fields:
                    self.fields[name].disabled = True

    def clean_conditions(self) -> dict[str, Any]:
        conditions = self.cleaned_data["conditions"] or {}
        if not isinstance(conditions, dict):
            raise forms.ValidationError('Write a map, such as {"protected_refs": true}.')
        return conditions

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk is None and bool(cleaned.get("target_project")) == bool(cleaned.get("target_group")):
            raise forms.ValidationError("Name a project or a group, one of the two.")
        if cleaned.get("target_group") and cleaned.get("direction") == "outbound":
            raise forms.ValidationError("Only projects can be listed outbound.")
        return cleaned

    def validate_constraints(self) -> None:
        """The services check the same with better messages."""
