"""Shared by the admin pages: service errors above the form, and the entry form."""

from __future__ import annotations

from typing import Any

from django import forms

from audit import admin_base
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.permissions import Permission

TERMS = ("reason", "owner", "expires_at", "conditions")
IMMUTABLE_FIELDS = ("project", "direction", "target_project", "target_group")


class TokenAccessAdmin(admin_base.ServiceBackedAdmin):
    """Shows TokenAccessError."""

    service_error = TokenAccessError

    def messages_of(self, error: Any) -> list[str]:
        return [f"{error.message}. Nothing was changed."]


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
