"""Schedules of a project: the list, making, changing, taking over, running and deleting one."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jobs import services
from jobs.forms import ScheduleForm
from jobs.models import Schedule
from portal.listing import page_of
from projects.repository import Repository
from tokenaccess.gate import may
from tokenaccess.policy import Action
from tokenaccess.web import PageRequest, acting, form_page, requires


@requires(Action.READ_SCHEDULES)
@require_safe
def schedules(request: PageRequest, project_path: str) -> HttpResponse:
    project, person = request.access.project, request.access.user
    page = page_of(request, project.schedules.select_related("owner").order_by("-active", "id"))
    context = {
        "project": project,
        "page": page,
        "rows": [(one, one.acts_as(person), one.pipelines.order_by("-id").first()) for one in page],
        "may_make": may(request, Action.MANAGE_SCHEDULES, project),
        "may_take": may(request, Action.TAKE_SCHEDULES, project),
        "may_run": may(request, Action.RUN_PIPELINE, project),
    }
    return render(request, "jobs/schedules.html", context)


@requires(Action.MANAGE_SCHEDULES)
@form_page
def new(request: PageRequest, project_path: str) -> HttpResponseBase:
    form = _form(request, None)
    if request.method == "POST" and form.is_valid():
        try:
            services.create_schedule(project=request.access.project, owner=acting(request), **form.fields_given())
        except ValidationError as error:
            form.take(error)
        else:
            messages.success(request, _("The schedule is made. Its pipelines act as you."))
            return redirect("project_schedules", project_path)
    return _page(request, form, None)


@requires(Action.MANAGE_SCHEDULES)
@form_page
def edit(request: PageRequest, project_path: str, schedule: int) -> HttpResponseBase:
    found = _find(request, schedule)
    if not found.acts_as(request.access.user):
        raise PermissionDenied(_("This schedule acts as its owner, who alone may change it. Take it over first."))
    form = _form(request, found)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_schedule(found, by=acting(request), **form.fields_given())
        except ValidationError as error:
            form.take(error)
        else:
            messages.success(request, _("The schedule is changed."))
            return redirect("project_schedules", project_path)
    return _page(request, form, found)


def _form(request: PageRequest, schedule: Schedule | None) -> ScheduleForm:
    project = request.access.project
    repository = Repository(project.repository_path)
    refs = [ref.name for ref in (*repository.branches(), *repository.tags())] or [project.default_branch]
    data = request.POST if request.method == "POST" else None
    return ScheduleForm(data, refs=refs, schedule=schedule, default=project.default_branch)


def _page(request: PageRequest, form: ScheduleForm, schedule: Schedule | None) -> HttpResponse:
    context = {
        "project": request.access.project,
        "form": form,
        "schedule": schedule,
        "nav_current": "project_schedules",
    }
    return render(request, "jobs/schedule.html", context, status=422 if form.errors else 200)


@requires(Action.TAKE_SCHEDULES)
@require_POST
def take(request: PageRequest, project_path: str, schedule: int) -> HttpResponse:
    services.take_schedule(_find(request, schedule), by=acting(request))
    messages.success(request, _("The schedule is yours: its pipelines act as you from now on."))
    return redirect("project_schedules", project_path)


@requires(Action.RUN_PIPELINE)
@require_POST
def play(request: PageRequest, project_path: str, schedule: int) -> HttpResponse:
    """At once, as the person who asks."""
    try:
        made = services.play_schedule(_find(request, schedule), by=acting(request))
    except services.Refused as error:
        for message in error.messages:
            messages.error(request, message)
        return redirect("project_schedules", project_path)
    messages.success(request, _("Pipeline #%(pk)s has started; it acts as you.") % {"pk": made.pk})
    return redirect("project_pipeline", project_path, made.pk)


@requires(Action.MANAGE_SCHEDULES)
@form_page
def delete(request: PageRequest, project_path: str, schedule: int) -> HttpResponse:
    found = _find(request, schedule)
    if not found.acts_as(request.access.user) and not may(request, Action.TAKE_SCHEDULES, request.access.project):
        raise PermissionDenied(_("Only its owner or a maintainer may delete a schedule."))
    if request.method == "POST":
        services.delete_schedule(found, by=acting(request))
        messages.success(request, _("The schedule is deleted."))
        return redirect("project_schedules", project_path)
    context = {"project": request.access.project, "schedule": found, "nav_current": "project_schedules"}
    return render(request, "jobs/schedule_delete.html", context)


def _find(request: PageRequest, pk: int) -> Schedule:
    rows = request.access.project.schedules.select_related("owner", "project")
    found: Schedule = get_object_or_404(rows, pk=pk)
    return found
