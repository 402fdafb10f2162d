"""Forms that make tokens of projects and groups, and the search of the instance."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from identity.models import today
from projects.models.choices import ROLES
from tokenaccess.policy.levels import Role
from tokens.models import GITLAB_DEPLOY_TOKEN, DeployScope
from tokens.services.access_tokens import SCOPES


class _TokenForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=255)
    expires_at = forms.DateField(
        label=_("Expiration date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Valid until the end of this day (UTC). Empty: without an end."),
    )

    def clean_expires_at(self) -> Any:
        day = self.cleaned_data["expires_at"]
        if day is not None and day < today():
            raise forms.ValidationError(_("The date is in the past. Choose today or later."))
        return day


class AccessTokenForm(_TokenForm):
    """`by_role`: no more than its maker."""

    prefix = "access"

    role = forms.TypedChoiceField(label=_("Role"), coerce=lambda raw: Role(int(raw)), initial=Role.DEVELOPER.value)
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=[(scope.value, format_lazy("{}: {}", scope.value, scope.label)) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Select at least one scope.")},
    )

    def __init__(self, *args: Any, by_role: Role, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(value, label) for value, label in ROLES if value <= by_role]  # type: ignore[attr-defined]


class DeployTokenForm(_TokenForm):
    prefix = "deploy"

    username = forms.CharField(
        label=_("Username"), required=False, max_length=255, help_text=_("Empty: gitlab+deploy-token and its number.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=[(scope.value, format_lazy("{}: {}", scope.value, scope.label)) for scope in DeployScope],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Select at least one scope.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = _("Jobs of a project are given the one that is called %(name)s.") % {
            "name": GITLAB_DEPLOY_TOKEN
        }

    def clean_expires_at(self) -> Any:
        day = super().clean_expires_at()
        return None if day is None else datetime.combine(day + timedelta(days=1), time(), UTC)


class WhoseForm(forms.Form):
    token = forms.CharField(
        label=_("Token, digest, prefix or fingerprint"),
        max_length=255,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
        help_text=_(
            "A token that was found somewhere, the digest that is kept of it, a prefix such as gldt-, or the "
            "fingerprint of an SSH key."
        ),
    )
