"""Settings › Packages: the protection rules; adding and deleting one."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pages.effects import effect
from pages.frame import render_page
from pages.listing import page_of
from resources.packages.formats.table import FORMATS
from resources.packages.models import PackageProtectionRule
from resources.packages.protection import services
from resources.packages.protection.forms import DELETE_LABELS, PUSH_LABELS, ProtectionRuleForm
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.policy import Action
from tokenaccess.policy.protected_refs import matches

URL = "project_settings_packages"


class RuleRow(NamedTuple):
    """A protection rule in words."""

    rule: PackageProtectionRule
    format_label: str
    push_label: Any
    delete_label: Any


@requires(Action.MANAGE_PACKAGE_PROTECTION)
@form_page
def protection_rules(request: PageRequest, project_path: str) -> HttpResponseBase:
    """The rules; a POST adds one."""
    project = request.access.project
    form = ProtectionRuleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _create_rule(request, form):
        messages.success(request, _("%(name)s protected.") % {"name": form.cleaned_data["name_pattern"]})
        return redirect(URL, project.full_path)
    page = page_of(request, PackageProtectionRule.objects.filter(project=project))
    rows = [
        RuleRow(rule, _(FORMATS[rule.kind].label), PUSH_LABELS[rule.min_push_role], DELETE_LABELS[rule.min_delete_role])
        for rule in page
    ]
    return render_page(request, "packages/protection_rules.html", {"page": page, "rows": rows}, form=form)


def _create_rule(request: PageRequest, form: ProtectionRuleForm) -> bool:
    try:
        services.create_rule(request.access.project, by=current_user(request), **form.cleaned_data)
    except services.AlreadyProtected:
        form.add_error("name_pattern", _("There is a rule for it already."))
    return form.is_valid()


@requires(Action.MANAGE_PACKAGE_PROTECTION)
@form_page
def delete_protection_rule(request: PageRequest, project_path: str, rule_id: int) -> HttpResponseBase:
    """Asked with GET, done with POST."""
    project = request.access.project
    rule = get_object_or_404(PackageProtectionRule.objects.select_related("project"), project=project, pk=rule_id)
    if request.method == "POST":
        services.delete_rule(rule, by=current_user(request))
        messages.success(request, _("%(name)s unprotected.") % {"name": rule.name_pattern})
        return redirect(URL, project.full_path)
    names = project.packages.filter(kind=rule.kind).order_by().values_list("name", flat=True).distinct()
    count = sum(matches(rule.name_pattern, name) for name in names)
    words = ngettext("package has such a name today.", "packages have such a name today.", count)
    context = {"rule": rule, "effects": effect(count, words)}
    return render_page(request, "packages/delete_protection_rule.html", context, nav=URL)
