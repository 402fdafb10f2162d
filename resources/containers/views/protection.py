"""Protected repositories of a project: the list with a form to add one, editing and removing one."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pages.effects import effect
from pages.frame import render_page
from pages.listing import page_of
from resources.containers import protection
from resources.containers.forms import DELETE_LEVELS, PUSH_LEVELS, ImageProtectionForm
from resources.containers.models import ImageProtection
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.policy import Action
from tokenaccess.policy.protected_refs import matches

NAV = "project_images"
URL = "project_image_protections"


@requires(Action.MANAGE_IMAGES)
@form_page
def protections(request: PageRequest, project_path: str) -> HttpResponseBase:
    project = request.access.project
    form = ImageProtectionForm(request.POST if request.method == "POST" else None, image=project.full_path.lower())
    if request.method == "POST" and form.is_valid() and _is_done(form, lambda: _protect(request, form)):
        messages.success(request, _("%(name)s protected.") % {"name": form.cleaned_data["pattern"]})
        return redirect(URL, project.full_path)
    page = page_of(request, ImageProtection.objects.filter(project=project))
    rows = [(row, dict(PUSH_LEVELS)[row.push_level], dict(DELETE_LEVELS)[row.delete_level]) for row in page]
    return render_page(request, "containers/protections.html", {"page": page, "rows": rows}, nav=NAV, form=form)


def _protect(request: PageRequest, form: ImageProtectionForm) -> None:
    protection.protect(request.access.project, by=current_user(request), **form.cleaned_data)


@requires(Action.MANAGE_IMAGES)
@form_page
def edit(request: PageRequest, project_path: str, protection_id: int) -> HttpResponseBase:
    project = request.access.project
    found = get_object_or_404(ImageProtection.objects.select_related("project"), project=project, pk=protection_id)
    initial = {name: getattr(found, name) for name in ("pattern", "push_level", "delete_level")}
    form = ImageProtectionForm(
        request.POST if request.method == "POST" else None, image=project.full_path.lower(), initial=initial
    )

    def change() -> None:
        protection.change_protection(found, by=current_user(request), **form.cleaned_data)

    if request.method == "POST" and form.is_valid() and _is_done(form, change):
        messages.success(request, _("%(name)s saved.") % {"name": found.pattern})
        return redirect(URL, project.full_path)
    return render_page(request, "containers/protection.html", {"pattern": initial["pattern"]}, nav=NAV, form=form)


def _is_done(form: ImageProtectionForm, change: Callable[[], None]) -> bool:
    """Make the change, or say in the form why not."""
    try:
        change()
    except ValidationError as error:
        form.add_error(None, error)
    return form.is_valid()


@requires(Action.MANAGE_IMAGES)
@form_page
def unprotect(request: PageRequest, project_path: str, protection_id: int) -> HttpResponse:
    """Asked with GET, done with POST."""
    project = request.access.project
    found = get_object_or_404(ImageProtection, project=project, pk=protection_id)
    if request.method == "POST":
        protection.unprotect(found, by=current_user(request))
        messages.success(request, _("%(name)s unprotected.") % {"name": found.pattern})
        return redirect(URL, project.full_path)
    paths = project.container_repositories.order_by().values_list("path", flat=True)
    count = sum(matches(found.pattern, path) for path in paths)
    words = ngettext("repository has such a name today.", "repositories have such a name today.", count)
    context = {"protection": found, "effects": effect(count, words)}
    return render_page(request, "containers/unprotect.html", context, nav=NAV)
