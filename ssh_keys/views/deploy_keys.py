"""Settings › Deploy keys of a project."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pages.effects import effect
from pages.form_errors import add_service_error
from pages.frame import render_page
from pages.listing import page_of
from projects.models import Project
from ssh_keys import services
from ssh_keys.forms import DeployKeyForm, EnableKeyForm
from ssh_keys.models import DeployKeyProject
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.adapters.reauthentication import confirms_identity
from tokenaccess.policy import Action

LIST = "project_deploy_keys"


@requires(Action.READ_TOKENS, POST=Action.MANAGE_TOKENS)
@form_page
@confirms_identity
def deploy_keys(request: PageRequest, project_path: str) -> HttpResponseBase:
    """Two forms: a new key, and one that is known already."""
    project, user = request.access.project, current_user(request)
    enabled = DeployKeyProject.objects.filter(project=project).select_related("key", "granted_by").order_by("-key_id")
    known = services.enableable_keys(user).exclude(deploy_key_projects__project=project).order_by("title", "id")
    wanted = request.POST.get("kind") if request.method == "POST" else ""
    new = DeployKeyForm(request.POST if wanted == "new" else None)
    other = EnableKeyForm(request.POST if wanted == "known" else None, keys=known)
    form = other if wanted == "known" else new
    if wanted and form.is_valid():
        try:
            title = _add(project, form.cleaned_data, user)
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("Deploy key %(title)s added.") % {"title": title})
            return redirect(LIST, project.full_path)
    context = {"page": page_of(request, enabled), "new": new, "other": other, "has_known": known.exists()}
    return render_page(request, "ssh_keys/deploy_keys.html", context, form=form)


def _add(project: Project, values: dict[str, Any], user: Any) -> str:
    if "known" in values:
        return services.enable_deploy_key(values["known"], project, by=user).title
    return services.add_deploy_key(project, by=user, **values).title


@requires(Action.MANAGE_TOKENS)
@form_page
@confirms_identity
def change(request: PageRequest, project_path: str, key_id: int) -> HttpResponseBase:
    """Whether it may push. Asked with GET, done with POST."""
    enabled = _enabled_or_404(request, key_id)
    if request.method == "POST":
        services.update_deploy_key(enabled, by=current_user(request), can_push=not enabled.can_push)
        messages.success(request, _("Deploy key %(title)s changed.") % {"title": enabled.key.title})
        return redirect(LIST, enabled.project.full_path)
    return render_page(request, "ssh_keys/change_deploy_key.html", {"enabled": enabled}, nav=LIST)


@requires(Action.MANAGE_TOKENS)
@form_page
def remove(request: PageRequest, project_path: str, key_id: int) -> HttpResponseBase:
    enabled = _enabled_or_404(request, key_id)
    if request.method == "POST":
        services.disable_deploy_key(enabled, by=current_user(request))
        messages.success(request, _("Deploy key %(title)s removed.") % {"title": enabled.key.title})
        return redirect(LIST, enabled.project.full_path)
    others = enabled.key.deploy_key_projects.exclude(pk=enabled.pk).count()
    context = {
        "enabled": enabled,
        "others": others,
        "effects": [
            (1, _("project can no longer be read or written with it."), enabled.project.full_path),
            *effect(others, ngettext("other project keeps it.", "other projects keep it.", others)),
        ],
    }
    return render_page(request, "ssh_keys/remove_deploy_key.html", context, nav=LIST)


def _enabled_or_404(request: PageRequest, key_id: int) -> DeployKeyProject:
    rows = DeployKeyProject.objects.filter(project=request.access.project).select_related("key", "project")
    return get_object_or_404(rows, key__pk=key_id)
