"""Forms of the pages of groups."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class GroupDeletionForm(forms.Form):
    """`full_path`: what has to be typed."""

    path = forms.CharField(
        label=gettext_lazy("Path of the group"),
        max_length=1024,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    service_names = {"base": "path"}

    def __init__(self, *args: Any, full_path: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.full_path = full_path
        self.fields["path"].help_text = _("Type %(path)s to confirm.") % {"path": full_path}

    def clean_path(self) -> str:
        path: str = self.cleaned_data["path"]
        if path != self.full_path:
            raise forms.ValidationError(_("This is not the path of the group."))
        return path
