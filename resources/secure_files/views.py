"""The page of secure files in a project's settings: list, add, delete."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from jobs.states import ACTIVE
from pages.commands import CURL
from pages.effects import effect
from pages.form_errors import add_service_error
from pages.frame import render_page
from pages.listing import page_of
from resources.secure_files import services
from resources.secure_files.forms import SecureFileForm
from resources.secure_files.models import SecureFile
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.policy import Action

LIST = "project_secure_files"


@requires(Action.MANAGE_SECURE_FILES)
@never_cache
@form_page
def secure_files(request: PageRequest, project_path: str) -> HttpResponseBase:
    """`?page=`; a POST adds one."""
    project = request.access.project
    form = SecureFileForm(request.POST, request.FILES) if request.method == "POST" else SecureFileForm()
    if request.method == "POST" and form.is_valid() and (added := _add(request, form)):
        messages.success(request, _("Secure file %(name)s added.") % {"name": added})
        return redirect(LIST, project.full_path)
    rows = SecureFile.objects.filter(project=project).select_related("creator").order_by("name")
    page = page_of(request, rows)
    context = {
        "page": page,
        "max_files": services.MAX_FILES,
        "is_full": page.paginator.count >= services.MAX_FILES,
        "example": _example(page.object_list[0].pk if page.object_list else None),
    }
    return render_page(request, "secure_files/secure_files.html", context, nav=LIST, form=form)


def _add(request: PageRequest, form: SecureFileForm) -> SecureFile | None:
    """None, and the form has an error, if the service refuses it."""
    values: dict[str, Any] = form.cleaned_data
    try:
        with services.encrypt_file(values["name"], values["file"].read()) as upload, transaction.atomic():
            return services.store_file(request.access.project, upload, by=current_user(request))
    except ValidationError as error:
        add_service_error(form, error)
        return None


def _example(file_id: int | None) -> str:
    address = f"{settings.EXTERNAL_URL}/api/v4/projects/$CI_PROJECT_ID/secure_files/{file_id or 'ID'}/download"
    return f'{CURL} --output FILE "{address}"'


@requires(Action.MANAGE_SECURE_FILES)
@form_page
def delete(request: PageRequest, project_path: str, file_id: int) -> HttpResponse:
    """Asked with GET, done with POST."""
    rows = SecureFile.objects.filter(project=request.access.project).select_related("project")
    file = get_object_or_404(rows, pk=file_id)
    if request.method == "POST":
        with suppress(SecureFile.DoesNotExist):
            services.delete_file(file, by=current_user(request))
        messages.success(request, _("Secure file %(name)s deleted.") % {"name": file})
        return redirect(LIST, request.access.project.full_path)
    at_work = file.project.jobs.filter(status__in=ACTIVE).count()
    what = ngettext("job runs or waits here.", "jobs run or wait here.", at_work)
    context = {"file": file, "effects": effect(at_work, what, _("Those that download the file fail."))}
    return render_page(request, "secure_files/delete.html", context, nav=LIST)
