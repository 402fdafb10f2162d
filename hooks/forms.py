"""The form of a webhook."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hooks.events import DEFAULT_ON, EVENTS, EVENTS_OF
from hooks.models import MAX_DESCRIPTION, MAX_NAME, MAX_URL, FilterStrategy, Hook

_SECRET = {"autocomplete": "off", "spellcheck": "false"}
_STRATEGIES = [
    (FilterStrategy.WILDCARD.value, _("Pattern with *")),
    (FilterStrategy.REGEX.value, _("Regular expression (RE2)")),
    (FilterStrategy.ALL.value, _("All branches, whatever the filter")),
]


class PairsField(forms.CharField):
    """`name: value` on each line, as a dict."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, strip=True, widget=forms.Textarea(attrs={"rows": 3, **_SECRET}), **options)

    def clean(self, value: Any) -> Any:
        pairs = {}
        for line in str(super().clean(value)).splitlines():
            name, colon, text = line.partition(":")
            if line.strip() and not colon:
                raise forms.ValidationError(_("Write “name: value” on each line."))
            if line.strip():
                pairs[name.strip()] = text.strip()
        return pairs


class HookForm(forms.Form):
    """With `hook` the secrets that are left empty stay as they are."""

    url = forms.CharField(
        label=_("Address"),
        max_length=MAX_URL,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
        help_text=_("Where events are sent, with http:// or https://. {name} stands for a variable below."),
    )
    name = forms.CharField(label=_("Name"), max_length=MAX_NAME, required=False)
    description = forms.CharField(label=_("Description"), max_length=MAX_DESCRIPTION, required=False)
    events = forms.MultipleChoiceField(label=_("Events"), required=False, widget=forms.CheckboxSelectMultiple)
    branch_filter = forms.CharField(
        label=_("Branches"), max_length=255, required=False, help_text=_("Of pushes. Empty: all branches.")
    )
    filter_strategy = forms.ChoiceField(label=_("The filter is a"), choices=_STRATEGIES)
    token = forms.CharField(
        label=_("Secret token"),
        max_length=2048,
        required=False,
        widget=forms.TextInput(attrs=_SECRET),
        help_text=_("Sent with each event as X-Gitlab-Token."),
    )
    signing_token = forms.CharField(
        label=_("Signing token"),
        max_length=255,
        required=False,
        widget=forms.TextInput(attrs=_SECRET),
        help_text=_("whsec_ and 32 bytes in base64. With it each event is signed, as Standard Webhooks has it."),
    )
    headers = PairsField(label=_("Custom headers"), help_text=_("“Name: value”, one on each line."))
    variables = PairsField(label=_("Variables of the address"), help_text=_("“name: value”, one on each line."))
    verifies_tls = forms.BooleanField(label=_("Verify the receiver's certificate"), required=False, initial=True)

    service_names = {
        "custom_headers": "headers",
        "url_variables": "variables",
        "push_events_branch_filter": "branch_filter",
    }

    def __init__(self, *args: Any, kind: str, hook: Hook | None = None, **options: Any) -> None:
        self.hook, self.kind = hook, kind
        super().__init__(*args, **{"initial": _initial(hook, kind), **options})
        self.fields["events"].choices = [(str(event), EVENTS[event].label) for event in EVENTS_OF[kind]]  # type: ignore[attr-defined]
        if hook is not None:
            self._describe_secrets(hook.shown_secrets)

    def _describe_secrets(self, secrets: dict[str, Any]) -> None:
        """What is kept is not shown: only that it is there."""
        for name in ("token", "signing_token"):
            if secrets.get(name):
                self.fields[name].help_text = gettext("One is set. Empty: it stays.")
        for name in ("headers", "variables"):
            if secrets.get(name):
                kept = ", ".join(secrets[name])
                self.fields[name].help_text = gettext(
                    "Set: %(names)s. Empty: they stay; otherwise these take their place."
                ) % {"names": kept}

    def service_values(self) -> dict[str, Any]:
        """As the services take them."""
        values = dict(self.cleaned_data)
        wanted = set(values.pop("events"))
        events = {str(event): str(event) in wanted for event in EVENTS_OF[self.kind]}
        if self.hook is not None:
            for name in ("token", "signing_token", "headers", "variables"):
                if not values[name]:
                    del values[name]
        return {**values, "events": events}


def _initial(hook: Hook | None, kind: str) -> dict[str, Any]:
    if hook is None:
        return {"events": [str(event) for event in DEFAULT_ON[kind]], "filter_strategy": FilterStrategy.WILDCARD.value}
    names = ("name", "description", "events", "branch_filter", "filter_strategy", "verifies_tls")
    return {name: getattr(hook, name) for name in names} | {"url": hook.shown_url}
