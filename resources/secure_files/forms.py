"""The form of a new secure file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from resources.secure_files.models import MAX_NAME
from resources.secure_files.services import MAX_BYTES


class SecureFileForm(forms.Form):
    file = forms.FileField(label=_("File"), help_text=_("At most 5 MiB."))
    name = forms.CharField(
        label=_("Name"),
        max_length=MAX_NAME,
        required=False,
        help_text=_("What jobs call it. Without one it keeps the name of the file."),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if file.size is None or file.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 5 MiB."))
        return file

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if "file" in values and not values.get("name"):
            values["name"] = values["file"].name
        return values
