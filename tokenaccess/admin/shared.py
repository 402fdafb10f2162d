"""What the pages of the administration share: the services' refusals told above the form, nothing half done."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirect

from audit.models import AuditEvent
from identity.models import User
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.permissions import Permission

SHOWN_EVENTS = 100
FIXED = ("project", "direction", "target_project", "target_group")


def editor(request: HttpRequest) -> User:
    """The person at the administration: its site lets nobody in who is not signed in."""
    user = request.user
    assert isinstance(user, User)
    return user


class Told(admin.ModelAdmin):
    """Django saves a form in one transaction: a refusal on the way takes back all of it."""

    object_history_template = "admin/audited_history.html"

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._told(request, super().changeform_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._told(request, super().delete_view, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._told(request, super().changelist_view, *args, **kwargs)

    def _told(self, request: HttpRequest, view: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response: HttpResponseBase = view(request, *args, **kwargs)
        except TokenAccessError as error:
            messages.error(request, f"{error.message}. Nothing was changed.")
            return HttpResponseRedirect(request.get_full_path())
        return response

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        shown = self.events(object_id)[:SHOWN_EVENTS] if object_id.isdecimal() and len(object_id) < 19 else []
        return super().history_view(request, object_id, {"audit_events": shown, **(extra_context or {})})

    def events(self, object_id: str) -> Any:
        return AuditEvent.objects.filter(target_type=self.opts.model_name, target_id=object_id)


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
