"""General settings of a project, archiving, deleting."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from jobs.models import Pipeline
from projects import services
from projects.forms import SettingsForm
from projects.models import Project
from projects.views.refusals import tell
from resources.packages.models import Package
from tokenaccess.gate import may
from tokenaccess.models import AllowlistEntry, InstanceSettings
from tokenaccess.policy import Action
from tokenaccess.web import PageRequest, acting, form_page, requires


@requires(Action.ADMIN_PROJECT)
@form_page
def general(request: PageRequest, project_path: str) -> HttpResponseBase:
    project = request.access.project
    # The form writes into its instance; what is shown and compared is the project as it stands.
    form = SettingsForm(request.POST or None, instance=Project.objects.get(pk=project.pk))
    if not InstanceSettings.current().keep_latest_artifact:
        form.hold("keep_latest_artifact", _("An administrator has turned this off for every project."))
    if request.method == "POST" and form.is_valid() and _saved(request, form):
        messages.success(request, _("The settings are saved."))
        return redirect("project_settings_general", project.full_path)
    context = {
        "project": project,
        "form": form,
        "may_archive": may(request, Action.ARCHIVE_PROJECT, project),
        "may_delete": may(request, Action.DESTROY_PROJECT, project),
    }
    return render(request, "projects/settings_general.html", context, status=422 if form.errors else 200)


def _saved(request: PageRequest, form: SettingsForm) -> bool:
    changes = {field: form.cleaned_data[field] for field in form.changed_data}
    try:
        services.update_project(request.access.project, by=acting(request), **changes)
    except ValidationError as error:
        tell(form, error)
        return False
    return True


@requires(Action.ARCHIVE_PROJECT)
@require_POST
def archive(request: PageRequest, project_path: str) -> HttpResponseBase:
    """`archived` = true or false: the wanted state."""
    project, wanted = request.access.project, request.POST.get("archived") == "true"
    services.update_project(project, by=acting(request), archived=wanted)
    told = _("%(path)s is archived: everything stays to be read.") if wanted else _("%(path)s can be changed again.")
    messages.success(request, told % {"path": project.full_path})
    return redirect("project_settings_general", project.full_path)


@requires(Action.DESTROY_PROJECT)
@form_page
def delete(request: PageRequest, project_path: str) -> HttpResponseBase:
    """Asked with GET, the effects named first; done with POST."""
    project = request.access.project
    if request.method == "POST":
        services.delete_project(project, by=acting(request))
        messages.success(request, _("%(path)s is deleted.") % {"path": project.full_path})
        return redirect("dashboard")
    context = {"project": project, "effects": _effects(project), "nav_current": "project_settings_general"}
    return render(request, "projects/delete.html", context)


def _effects(project: Project) -> list[tuple[int, str, str]]:
    """What goes with the project, in numbers."""
    pipelines = Pipeline.objects.filter(project=project).count()
    packages = Package.objects.filter(project=project).count()
    listed = AllowlistEntry.objects.filter(target_project=project).values("project").distinct().count()
    people = project.standings.values("user").distinct().count()
    found = [
        (pipelines, ngettext("pipeline goes.", "pipelines go.", pipelines), _("Jobs and logs with it.")),
        (packages, ngettext("package goes.", "packages go.", packages), _("Jobs that fetch it get “404, not found”.")),
        (listed, ngettext("list names it.", "lists name it.", listed), _("The entry goes too.")),
        (people, ngettext("person has a role here.", "people have a role here.", people), ""),
    ]
    return [line for line in found if line[0]]
