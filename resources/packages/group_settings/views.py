"""Settings › Packages of a group: which files may be published again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pages.form_errors import add_service_error
from pages.frame import render_page
from resources.packages import services
from resources.packages.models import MAX_EXCEPTION_REGEX, PackageSettings
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.policy import Action

URL = "group_settings_packages"
_EXCEPTION_HELP = gettext_lazy("A regular expression (RE2) for the whole name or version, such as com/acme/.*")


def _exception_field(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=MAX_EXCEPTION_REGEX, required=False, help_text=_EXCEPTION_HELP)


class PackageSettingsForm(forms.Form):
    """The cleaned data are the arguments of `services.change_settings`."""

    maven_duplicates_allowed = forms.BooleanField(
        label=gettext_lazy("Allow duplicates of Maven packages"),
        required=False,
        help_text=gettext_lazy("A file may be published again under the same name and version; snapshots always may."),
    )
    maven_duplicate_exception_regex = _exception_field(gettext_lazy("Maven packages that may always have duplicates"))
    generic_duplicates_allowed = forms.BooleanField(
        label=gettext_lazy("Allow duplicates of generic packages"),
        required=False,
        help_text=gettext_lazy("A file may be published again under the same name and version."),
    )
    generic_duplicate_exception_regex = _exception_field(
        gettext_lazy("Generic packages that may always have duplicates")
    )
    terraform_module_duplicates_allowed = forms.BooleanField(
        label=gettext_lazy("Allow duplicates of Terraform modules"),
        required=False,
        help_text=gettext_lazy("A version may be published again; whoever downloaded it before keeps the old one."),
    )
    terraform_module_duplicate_exception_regex = _exception_field(
        gettext_lazy("Terraform modules that may always have duplicates")
    )


@requires(Action.ADMIN_GROUP)
@form_page
def package_settings(request: PageRequest, group_path: str) -> HttpResponseBase:
    group = request.access.group
    stored = PackageSettings.objects.filter(group=group).first()
    shown = stored or PackageSettings(group=group)
    initial = {name: getattr(shown, name) for name in PackageSettingsForm.base_fields}
    form = PackageSettingsForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_settings(group, by=current_user(request), **form.cleaned_data)
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("Settings saved."))
            return redirect(URL, group.full_path)
    return render_page(request, "packages/group_settings.html", {"has_own": stored is not None}, nav=URL, form=form)
