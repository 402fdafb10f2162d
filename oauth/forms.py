"""Registering and changing an application."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from oauth.models import Application
from oauth.scopes import OAuthScope
from oauth.services.applications import MAX_NAME


class ApplicationForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=MAX_NAME, help_text=_("People read it when they are asked."))
    redirect_uri = forms.CharField(
        label=_("Redirect URIs"),
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_(
            "Where people are sent on to, one to a line, matched exactly: https, a scheme of a native program's own, "
            "or http on the person's own machine (for http://127.0.0.1 any port)."
        ),
    )
    confidential = forms.BooleanField(
        label=_("Confidential"),
        required=False,
        initial=True,
        help_text=_("It can keep a secret. Leave out for programs on people's machines and in browsers."),
    )
    client_credentials = forms.BooleanField(
        label=_("Client credentials"),
        required=False,
        help_text=_("It may ask for tokens of its own, which act as nobody and which others can verify."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=[(scope.value, format_lazy("{}: {}", scope.value, scope.label)) for scope in OAuthScope],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What it may ask people for at most."),
        error_messages={"required": _("Select at least one scope.")},
    )

    service_names = {"redirect_uris": "redirect_uri"}

    @property
    def values(self) -> dict[str, Any]:
        """As the services take them."""
        given = dict(self.cleaned_data)
        addresses = given.pop("redirect_uri").split()
        return {**given, "redirect_uris": addresses}


class TrustedApplicationForm(ApplicationForm):
    """Of the instance."""

    trusted = forms.BooleanField(
        label=_("Trusted"), required=False, help_text=_("People are not asked whether it may act for them.")
    )


def values_of(application: Application) -> dict[str, Any]:
    return {
        "name": application.name,
        "redirect_uri": application.redirect_uris,
        "confidential": application.confidential,
        "client_credentials": application.client_credentials,
        "scopes": application.scopes,
        "trusted": application.trusted,
    }
