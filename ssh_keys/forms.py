"""Forms that add SSH keys."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ssh_keys.models import SshKey, UsageType
from ssh_keys.public_keys import MAX_LENGTH, NO_KEY, InvalidKey, PublicKey


class _KeyForm(forms.Form):
    key = forms.CharField(
        label=_("Public key"),
        max_length=MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "none", "class": "mono"}),
        help_text=_("The line in a file such as ~/.ssh/id_ed25519.pub. Never the private key."),
    )
    title = forms.CharField(
        label=_("Title"), max_length=255, required=False, help_text=_("Empty: the comment of the key.")
    )
    expires_at = forms.DateField(
        label=_("Expiration date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Valid until the end of this day (UTC). Empty: without an end."),
    )
    service_names = {"fingerprint_sha256": "key"}

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if "PRIVATE KEY" in key:
            raise forms.ValidationError(_("This is a private key. Make a new pair: nobody else may see that file."))
        try:
            PublicKey.parse(key)
        except InvalidKey as error:
            if str(error) == NO_KEY:
                raise forms.ValidationError(
                    _("This is not a public key. Paste the whole line, as “ssh-ed25519 AAAA… name”.")
                ) from error
        return key

    def clean_expires_at(self) -> Any:
        day = self.cleaned_data["expires_at"]
        return None if day is None else datetime.combine(day + timedelta(days=1), time(), UTC)


class SshKeyForm(_KeyForm):
    usage_type = forms.ChoiceField(label=_("Used for"), choices=UsageType.choices, initial=UsageType.AUTH_AND_SIGNING)


class DeployKeyForm(_KeyForm):
    can_push = forms.BooleanField(
        label=_("May push"),
        required=False,
        help_text=_("Its pushes count as yours: they take your role here, and their pipelines run as you."),
    )


class EnableKeyForm(forms.Form):
    """`keys`: those that may be enabled."""

    known = forms.ModelChoiceField(label=_("Deploy key"), queryset=SshKey.objects.none(), empty_label=_("Choose a key"))

    def __init__(self, *args: Any, keys: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["known"].queryset = keys  # type: ignore[attr-defined]
        self.fields["known"].label_from_instance = lambda key: f"{key.title}: {key.fingerprint}"  # type: ignore[attr-defined]
