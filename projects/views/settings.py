"""General settings of a project, archiving, deleting."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from pages.form_errors import add_service_error
from pages.frame import render_page
from projects import services
from projects.extensions.deletion_effects import DeletionEffect, effects_of_project
from projects.forms.projects import SettingsForm
from projects.models import Project
from tokenaccess.access.gate import is_allowed
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.models import InstanceSettings
from tokenaccess.policy import Action


@requires(Action.ADMIN_PROJECT)
@form_page
def general(request: PageRequest, project_path: str) -> HttpResponseBase:
    project = request.access.project
    # The form writes into its instance; what is shown and compared is the project as it stands.
    form = SettingsForm(request.POST or None, instance=Project.objects.get(pk=project.pk))
    if not InstanceSettings.current().keep_latest_artifact:
        form.lock_field("keep_latest_artifact", _("An administrator turned this off for all projects."))
    if request.method == "POST" and form.is_valid() and _save(request, form):
        messages.success(request, _("Settings saved."))
        return redirect("project_settings_general", project.full_path)
    context = {
        "may_transfer": is_allowed(request, Action.TRANSFER_PROJECT, project),
        "may_archive": is_allowed(request, Action.ARCHIVE_PROJECT, project),
        "may_delete": is_allowed(request, Action.DESTROY_PROJECT, project),
    }
    return render_page(request, "projects/settings_general.html", context, form=form)


def _save(request: PageRequest, form: SettingsForm) -> bool:
    changes = {field: form.cleaned_data[field] for field in form.changed_data}
    try:
        services.update_project(request.access.project, by=current_user(request), **changes)
    except ValidationError as error:
        add_service_error(form, error)
        return False
    return True


@requires(Action.ARCHIVE_PROJECT)
@require_POST
def archive(request: PageRequest, project_path: str) -> HttpResponseBase:
    """`archived` = true or false: the wanted state."""
    project, wanted = request.access.project, request.POST.get("archived") == "true"
    services.update_project(project, by=current_user(request), archived=wanted)
    message = _("%(path)s archived. It can still be read.") if wanted else _("%(path)s unarchived.")
    messages.success(request, message % {"path": project.full_path})
    return redirect("project_settings_general", project.full_path)


@requires(Action.DESTROY_PROJECT)
@form_page
def delete(request: PageRequest, project_path: str) -> HttpResponseBase:
    """Asked with GET, the effects named first; done with POST."""
    project = request.access.project
    if request.method == "POST":
        services.delete_project(project, by=current_user(request))
        messages.success(request, _("%(path)s deleted.") % {"path": project.full_path})
        return redirect("dashboard")
    return render_page(request, "projects/delete.html", {"effects": _effects(project)}, nav="project_settings_general")


def _effects(project: Project) -> list[DeletionEffect]:
    people = project.effective_roles.values("user").distinct().count()
    sentence = ngettext("user has a role here.", "users have a role here.", people)
    return [*effects_of_project(project), *([DeletionEffect(people, sentence)] if people else [])]
