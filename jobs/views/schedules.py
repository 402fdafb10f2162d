"""Pages of pipeline schedules: list, create, edit, take over, run, delete."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max, OuterRef, Subquery
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from jobs.forms.schedules import ScheduleForm
from jobs.models import Pipeline, Schedule
from jobs.models.pipeline import Source
from jobs.pipelines.plan import PipelineRefused, PipelineRequest, read_inputs
from jobs.triggers.schedules import create_schedule, delete_schedule, play_schedule, take_schedule, update_schedule
from pages.effects import effect
from pages.form_errors import add_service_error
from pages.frame import render_page
from pages.listing import page_of
from projects.repository import Repository
from tokenaccess.access.gate import is_allowed
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.policy import Action


@requires(Action.READ_SCHEDULES)
@require_safe
def schedules(request: PageRequest, project_path: str) -> HttpResponse:
    project, person = request.access.project, request.access.user
    newest = Pipeline.objects.filter(schedule=OuterRef("pk")).order_by("-id").values("pk")[:1]
    found = project.schedules.select_related("owner").annotate(latest_pipeline=Subquery(newest))
    page = page_of(request, found.order_by("-active", "id"))
    latest = Pipeline.objects.in_bulk([one.latest_pipeline for one in page if one.latest_pipeline])
    context = {
        "page": page,
        "rows": [(one, one.acts_as(person), latest.get(one.latest_pipeline)) for one in page],
        "may_make": is_allowed(request, Action.MANAGE_SCHEDULES, project),
        "may_take": is_allowed(request, Action.TAKE_SCHEDULES, project),
        "may_run": is_allowed(request, Action.RUN_PIPELINE, project),
    }
    return render_page(request, "jobs/schedules.html", context)


@requires(Action.MANAGE_SCHEDULES)
@form_page
def new(request: PageRequest, project_path: str) -> HttpResponseBase:
    form = _form(request, None)
    if form.is_valid():
        try:
            create_schedule(project=request.access.project, owner=current_user(request), **form.service_fields())
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("Schedule created. Its pipelines run as you."))
            return redirect("project_schedules", project_path)
    return _page(request, form, None)


@requires(Action.MANAGE_SCHEDULES)
@form_page
def edit(request: PageRequest, project_path: str, schedule_id: int) -> HttpResponseBase:
    schedule = _find(request, schedule_id)
    if not schedule.acts_as(request.access.user):
        raise PermissionDenied(_("Only its owner may edit a schedule. Take ownership first."))
    form = _form(request, schedule)
    if form.is_valid():
        try:
            update_schedule(schedule, by=current_user(request), **form.service_fields())
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("Schedule saved."))
            return redirect("project_schedules", project_path)
    return _page(request, form, schedule)


def _form(request: PageRequest, schedule: Schedule | None) -> ScheduleForm:
    """`look` in the form: only show the inputs that the CI file of the chosen ref has."""
    project = request.access.project
    repository = Repository(project.repository_path)
    refs = [ref.name for ref in (*repository.branches(), *repository.tags())] or [project.default_branch]
    ref = request.POST.get("ref") or (schedule.ref if schedule else project.default_branch)
    looks = request.method == "POST" and "look" in request.POST
    form = ScheduleForm(
        request.POST if request.method == "POST" and not looks else None,
        refs=refs,
        schedule=schedule,
        default=project.default_branch,
        inputs=read_inputs(PipelineRequest(project, ref, request.access.user, Source.SCHEDULE)),
    )
    if looks:
        form.initial = {**form.initial, **{name: request.POST[name] for name in form.fields if name in request.POST}}
    return form


def _page(request: PageRequest, form: ScheduleForm, schedule: Schedule | None) -> HttpResponse:
    context = {
        "schedule": schedule,
    }
    return render_page(request, "jobs/schedule.html", context, nav="project_schedules", form=form)


@requires(Action.TAKE_SCHEDULES)
@require_POST
def take(request: PageRequest, project_path: str, schedule_id: int) -> HttpResponse:
    take_schedule(_find(request, schedule_id), by=current_user(request))
    messages.success(request, _("You own the schedule now. Its pipelines run as you."))
    return redirect("project_schedules", project_path)


@requires(Action.RUN_PIPELINE)
@require_POST
def play(request: PageRequest, project_path: str, schedule_id: int) -> HttpResponse:
    """Runs the schedule now, as the visitor."""
    try:
        pipeline = play_schedule(_find(request, schedule_id), by=current_user(request))
    except PipelineRefused as error:
        for message in error.messages:
            messages.error(request, message)
        return redirect("project_schedules", project_path)
    messages.success(request, _("Pipeline #%(pk)s started as you.") % {"pk": pipeline.pk})
    return redirect("project_pipeline", project_path, pipeline.pk)


@requires(Action.MANAGE_SCHEDULES)
@form_page
def delete(request: PageRequest, project_path: str, schedule_id: int) -> HttpResponse:
    schedule = _find(request, schedule_id)
    if not schedule.acts_as(request.access.user) and not is_allowed(
        request, Action.TAKE_SCHEDULES, request.access.project
    ):
        raise PermissionDenied(_("Only its owner or a maintainer may delete a schedule."))
    if request.method == "POST":
        delete_schedule(schedule, by=current_user(request))
        messages.success(request, _("Schedule deleted."))
        return redirect("project_schedules", project_path)
    started = Pipeline.objects.filter(schedule=schedule)
    count = started.count()
    what = ngettext("pipeline that it has started stays.", "pipelines that it has started stay.", count)
    context = {
        "schedule": schedule,
        "effects": effect(count, what),
        "last_at": started.aggregate(last=Max("created_at"))["last"],
    }
    return render_page(request, "jobs/schedule_delete.html", context, nav="project_schedules")


def _find(request: PageRequest, pk: int) -> Schedule:
    rows = request.access.project.schedules.select_related("owner", "project")
    schedule: Schedule = get_object_or_404(rows, pk=pk)
    return schedule
