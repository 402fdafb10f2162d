"""Forms about oneself: signing in, the password, a new token."""

from __future__ import annotations

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UsernameField
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from identity import services
from identity.models import Scope, User, today
from identity.permission_words import PERMISSION_WORDS
from projects.models import Group, Project
from tokenaccess.policy.granular import PERMISSIONS, Boundary

_FEW_ATTEMPTS = 5
BOUNDARIES = [
    (Boundary.SELECTED_MEMBERSHIPS.value, _("Selected projects and groups")),
    (Boundary.ALL_MEMBERSHIPS.value, _("All projects and groups that you are a member of")),
    (Boundary.PERSONAL_PROJECTS.value, _("Your personal projects")),
    (Boundary.USER.value, _("What is your own: profile, tokens, new runners")),
]


class SignInForm(AuthenticationForm):
    username = UsernameField(
        label=_("Username"), widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"})
    )
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    remember = forms.BooleanField(label=_("Keep me signed in on this device for 14 days"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.fields["username"].widget.attrs["autofocus"] = True

    def get_invalid_login_error(self) -> ValidationError:
        """The same for a wrong name and a wrong password, and how many tries are left when they become few."""
        sentence = _("Incorrect username or password.")
        left = settings.AXES_FAILURE_LIMIT - AxesProxyHandler.get_failures(
            self.request, {"username": self.cleaned_data.get("username")}
        )
        if 0 < left <= _FEW_ATTEMPTS:
            more = ngettext(
                "One attempt left before a wait of 15 minutes.",
                "%(left)d attempts left before a wait of 15 minutes.",
                left,
            ) % {"left": left}
            return ValidationError([sentence, more], code="invalid_login")
        return ValidationError(sentence, code="invalid_login")

    def confirm_login_allowed(self, user: Any) -> None:
        """Reached with the right password only, so nothing is told to a stranger."""
        if not user.is_active:
            raise ValidationError(_("Your account has been blocked. An administrator can unblock it."), code="inactive")


class PasswordForm(PasswordChangeForm):
    error_messages = {
        "password_incorrect": _("The current password is incorrect."),
        "password_mismatch": _("The two new passwords do not match."),
    }

    old_password = forms.CharField(
        label=_("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["new_password2"].label = _("Confirm new password")
        self.fields["new_password2"].help_text = ""

    def clean_old_password(self) -> str:
        """Guesses count as wrong passwords do (axes)."""
        given: str = self.cleaned_data["old_password"]
        if authenticate(self.request, username=self.user.username, password=given) != self.user:
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return given

    def save(self, commit: bool = True) -> User:
        services.change_password(self.user, password=self.cleaned_data["new_password1"], by=self.user)
        return self.user


class _NewTokenForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=255, help_text=_("For example “deploy script”."))
    expires_at = forms.DateField(
        label=_("Expiration date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_(
            "The token is valid until the end of this day (UTC). Leave empty for a token without an expiry date."
        ),
    )

    def clean_expires_at(self) -> Any:
        day = self.cleaned_data["expires_at"]
        if day is not None and day < today():
            raise ValidationError(_("The date is in the past. Choose today or later."))
        return day


class TokenForm(_NewTokenForm):
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=[(scope.value, format_lazy("{}: {}", scope.value, scope.label)) for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The token never has more access than you."),
        error_messages={"required": _("Select at least one scope.")},
    )


class FineGrainedTokenForm(_NewTokenForm):
    """Of one scope: permissions, and where they hold (tokens.md §3.1). The API makes tokens of several."""

    prefix = "fine"

    access = forms.ChoiceField(label=_("Where"), choices=BOUNDARIES)
    places = forms.CharField(
        label=_("Projects and groups"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_(
            "Full paths, one on each line, for selected projects and groups. A group counts with all below it."
        ),
    )
    permissions = forms.MultipleChoiceField(
        label=_("Permissions"),
        choices=[(name, format_lazy("{}: {}", name, PERMISSION_WORDS[name])) for name in sorted(PERMISSIONS)],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The token never has more access than you."),
        error_messages={"required": _("Select at least one permission.")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        """With `granular_scopes`, as a token keeps them."""
        given = super().clean() or {}
        paths = {line.strip().strip("/") for line in given.get("places", "").splitlines() if line.strip()}
        selects = given.get("access") == Boundary.SELECTED_MEMBERSHIPS
        if selects != bool(paths) and "access" in given:
            wanted = _("Name at least one.") if selects else _("Only for selected projects and groups.")
            self.add_error("places", wanted)
        ids = {"project_ids": self._find(Project, paths), "group_ids": self._find(Group, paths)}
        missing = sorted(paths - {path for found in ids.values() for path in found})
        if missing:
            # The same for what is hidden and what is not there.
            self.add_error("places", _("Not found: %(paths)s") % {"paths": ", ".join(missing[:5])})
        scope = {"access": given.get("access"), "permissions": sorted(given.get("permissions", []))}
        found = {name: sorted(rows.values()) for name, rows in ids.items()}
        return {**given, "granular_scopes": [{**scope, **found}]}

    def _find(self, model: type[Project] | type[Group], paths: set[str]) -> dict[str, int]:
        if not paths:
            return {}
        visible: Any = model._default_manager.visible_to(self.user)
        return dict(visible.filter(full_path__in=paths).values_list("full_path", "pk"))
