"""The form of a trusted publisher."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from resources.packages.formats.pypi import names

_PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class TrustedPublisherForm(forms.Form):
    package_name = forms.CharField(
        label=_("Package"), max_length=names.MAX_LENGTH, widget=forms.TextInput(attrs=_PLAIN)
    )
    source = forms.CharField(
        label=_("Project whose jobs publish it"),
        max_length=1024,
        widget=forms.TextInput(attrs=_PLAIN),
        help_text=_("Path or ID. The ID is kept: another project that gets the path later is not trusted."),
    )
    environment = forms.CharField(
        label=_("Environment"),
        max_length=255,
        required=False,
        widget=forms.TextInput(attrs=_PLAIN),
        help_text=_("Only jobs of this environment. Empty: any job."),
    )
    ref_path = forms.CharField(
        label=_("Branch or tag"),
        max_length=255,
        required=False,
        widget=forms.TextInput(attrs=_PLAIN),
        help_text=_("As refs/heads/main or refs/tags/v*, where * matches anything. Empty: any."),
    )
    config_path = forms.CharField(
        label=_("CI file"),
        max_length=255,
        required=False,
        widget=forms.TextInput(attrs=_PLAIN),
        help_text=_("Only pipelines of this file, such as .gitlab-ci.yml. Empty: any."),
    )

    def clean_package_name(self) -> str:
        name: str = self.cleaned_data["package_name"]
        if not names.is_name(name):
            raise ValidationError(_("This is no name of a Python package."))
        return names.normalize_name(name)
