"""What the pages of the administration share: the services' refusals told above the form, nothing half done."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest

from audit import told
from identity.models import User
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.permissions import Permission

FIXED = ("project", "direction", "target_project", "target_group")


def editor(request: HttpRequest) -> User:
    """The person at the administration: its site lets nobody in who is not signed in."""
    user = request.user
    assert isinstance(user, User)
    return user


class Told(told.Told):
    """With the refusals of this app."""

    refused = TokenAccessError

    def words(self, error: Any) -> list[str]:
        return [f"{error.message}. Nothing was changed."]


class EntryForm(forms.ModelForm):
    """An entry with its permissions to tick. What is wrong with it is said by the services, in their words."""

    permissions = forms.MultipleChoiceField(
        choices=[(str(name), str(name)) for name in Permission],
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 5}),
        help_text="Count only without default permissions. admin_… also grants read_….",
    )

    class Meta:
        model = AllowlistEntry
        fields = ("direction", "target_project", "target_group", "default_permissions", "permissions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """An entry names the same thing all its life: another one is another entry."""
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            for name in FIXED:
                if name in self.fields:
                    self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk is None and bool(cleaned.get("target_project")) == bool(cleaned.get("target_group")):
            raise forms.ValidationError("Name a project or a group, one of the two.")
        if cleaned.get("target_group") and cleaned.get("direction") == "outbound":
            raise forms.ValidationError("Only projects can be listed outbound.")
        return cleaned

    def validate_constraints(self) -> None:
        """Left to the services: the database's names of its constraints tell people nothing."""
