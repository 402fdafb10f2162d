"""Shared by the admin pages: service errors above the form, and entries with their form and their steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from audit import admin_base
from identity.models import today
from identity.sign_in.users import current_user
from tokenaccess.admin.conditions import ConditionsField
from tokenaccess.allowlist import services
from tokenaccess.allowlist.permissions import permission_labels
from tokenaccess.errors import TokenAccessError
from tokenaccess.explanation.error_wording import error_words
from tokenaccess.models import AllowlistEntry
from tokenaccess.models.list_entry import ListEntry
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.facts import EntryState
from tokenaccess.policy.permissions import Permission

TERMS = ("reason", "owner", "expires_at", "conditions")
IMMUTABLE_FIELDS = ("project", "direction", "target_project", "target_group")


STATES = {
    EntryState.ACTIVE: _("active"),
    EntryState.EXPIRED: _("expired"),
    EntryState.SUSPENDED: _("suspended"),
}


def permission_choices() -> list[tuple[str, str]]:
    return [(str(name), permission_labels([name])[0]) for name in Permission]


class TokenAccessAdmin(admin_base.ServiceBackedAdmin):
    """Shows TokenAccessError."""

    service_error = TokenAccessError

    def messages_of(self, error: Any) -> list[str]:
        return [gettext("%(error)s. Nothing was changed.") % {"error": error_words(error.message).rstrip(".。")}]


class EntryAdmin(TokenAccessAdmin):
    """Of the entries on whatever lists."""

    actions = ("suspend", "restore", "renew")

    @admin.display(description=_("project or group"))
    def target(self, entry: ListEntry) -> str:
        kind = _("group") if entry.kind is TargetKind.GROUP else _("project")
        return f"{kind} {entry.target.full_path}"

    @admin.display(description=_("state"))
    def state(self, entry: ListEntry) -> str:
        return str(STATES[entry.state_on(today())])

    @admin.action(description=_("Suspend the selected entries"), permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._step(request, queryset, services.suspend_entry)

    @admin.action(description=_("Restore the selected entries"), permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._step(request, queryset, services.restore_entry)

    @admin.action(description=_("Renew the selected entries"), permissions=["change"])
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
                messages.error(request, f"{entry}: {error_words(error.message)}")
        if done:
            text = ngettext("%(n)d entry changed.", "%(n)d entries changed.", done) % {"n": done}
            messages.success(request, text)

    @admin.display(description=_("may do"))
    def may_do(self, entry: ListEntry) -> str:
        if entry.default_permissions:
            return str(_("what the person's role allows"))
        return ", ".join(permission_labels(entry.permissions)) or str(_("nothing that a visitor may not"))


class EntryForm(forms.ModelForm):
    """An entry with its permissions. The services validate it."""

    default_permissions = forms.BooleanField(
        label=_("Default permissions"),
        required=False,
        initial=True,
        help_text=_("Everything that the role of the person who started the job allows."),
    )
    permissions = forms.MultipleChoiceField(
        label=_("Permissions"),
        choices=permission_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("They count only without default permissions."),
    )
    conditions = ConditionsField()

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

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk is None and bool(cleaned.get("target_project")) == bool(cleaned.get("target_group")):
            raise forms.ValidationError(_("Name a project or a group, one of the two."))
        if cleaned.get("target_group") and cleaned.get("direction") == "outbound":
            raise forms.ValidationError(_("Only projects can be listed outbound."))
        return cleaned

    def validate_constraints(self) -> None:
        """The services check the same with better messages."""
