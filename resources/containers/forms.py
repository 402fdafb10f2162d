"""The forms of a protection of images, and of a deletion of many tags."""

from __future__ import annotations

from typing import Any

import re2
from django import forms
from django.utils.translation import gettext_lazy as _

from resources.containers.cleanup import Rules, compile_pattern
from resources.containers.protection import MAX_PATTERN
from tokenaccess.policy.levels import Role

_MAINTAINERS, _OWNERS = (Role.MAINTAINER.value, _("Maintainers")), (Role.OWNER.value, _("Owners"))
PUSH_LEVELS = [(0, _("Developers and maintainers")), _MAINTAINERS, _OWNERS]
DELETE_LEVELS = [(0, _("Maintainers; of single tags developers too")), _MAINTAINERS, _OWNERS]


class ImageProtectionForm(forms.Form):
    """The cleaned data are the arguments of protection.protect."""

    pattern = forms.CharField(
        label=_("Name or pattern"),
        max_length=MAX_PATTERN,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    push_level = forms.TypedChoiceField(
        label=_("Who may push"), choices=PUSH_LEVELS, coerce=int, initial=Role.MAINTAINER.value
    )
    delete_level = forms.TypedChoiceField(
        label=_("Who may delete"), choices=DELETE_LEVELS, coerce=int, initial=Role.MAINTAINER.value
    )

    def __init__(self, *args: Any, image: str, **kwargs: Any) -> None:
        """`image`: the name of the project's own image."""
        super().__init__(*args, **kwargs)
        self.fields["pattern"].help_text = _("* matches anything, as in %(image)s/release*.") % {"image": image}


class PatternField(forms.CharField):
    """An expression that a whole name is to match."""

    widget = forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"})

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        try:
            compile_pattern(text)
        except re2.error:
            raise forms.ValidationError(_("This is no regular expression that RE2 can read.")) from None
        return text


class BulkDeletionForm(forms.Form):
    """Which tags go, and which stay all the same."""

    delete = PatternField(
        label=_("Delete tags whose whole name matches"),
        max_length=1000,
        help_text=_("A regular expression, as in dev-.*"),
    )
    keep = PatternField(label=_("Keep those that match"), required=False, max_length=1000)
    keep_n = forms.IntegerField(label=_("Keep the newest"), min_value=0, max_value=10**6, initial=10)
    days = forms.IntegerField(label=_("Keep those younger than this (days)"), min_value=0, max_value=36500, initial=30)

    @property
    def rules(self) -> Rules:
        values = self.cleaned_data
        return Rules(values["delete"], values["keep"], values["keep_n"], values["days"] * 86400)
