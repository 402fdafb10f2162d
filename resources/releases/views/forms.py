"""The forms of a release and of its links."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from resources.releases.api.params import MAX_DESCRIPTION, MAX_REF
from resources.releases.models import MAX_ASSET_PATH, MAX_NAME, MAX_TAG, MAX_URL, LinkType

_MINUTES = "%Y-%m-%dT%H:%M"
_PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class ReleaseForm(forms.Form):
    """The cleaned data are arguments of services.update_release."""

    name = forms.CharField(label=_("Title"), max_length=MAX_NAME)
    released_at = forms.DateTimeField(
        label=_("Released at (UTC)"),
        input_formats=[_MINUTES, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format=_MINUTES, attrs={"type": "datetime-local"}),
        help_text=_("In the future it is an upcoming release."),
    )
    description = forms.CharField(
        label=_("Notes"),
        required=False,
        max_length=MAX_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_("Markdown."),
    )

    field_order = ("tag", "ref", "tag_message", "name", "released_at", "description")


class NewReleaseForm(ReleaseForm):
    """The cleaned data are arguments of services.create_release, which takes the tag for the title that is left out."""

    tag = forms.CharField(label=_("Tag"), max_length=MAX_TAG, widget=forms.TextInput(attrs=_PLAIN))
    ref = forms.CharField(
        label=_("Create the tag from"),
        required=False,
        max_length=MAX_REF,
        widget=forms.TextInput(attrs=_PLAIN),
        help_text=_("A branch, tag or commit, for a tag that is not there yet."),
    )
    tag_message = forms.CharField(
        label=_("Message of the tag"), required=False, help_text=_("With one it is an annotated tag.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = self.fields["released_at"].required = False
        self.fields["released_at"].help_text = _("Now, unless it is given. In the future it is an upcoming release.")


class LinkForm(forms.Form):
    """The cleaned data are fields of ReleaseLink."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME)
    url = forms.CharField(label=_("Address"), max_length=MAX_URL, widget=forms.TextInput(attrs=_PLAIN))
    link_type = forms.ChoiceField(label=_("Type"), choices=LinkType.choices, initial=LinkType.OTHER)
    path = forms.CharField(
        label=_("Path"),
        required=False,
        max_length=MAX_ASSET_PATH,
        widget=forms.TextInput(attrs=_PLAIN),
        help_text=_("As in /bin/tool: an address below the release that leads to the link and stays."),
    )
