"""Jobs: the list, one with its log, and what a person can do to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from identity.models import User
from jobs import log_lines, log_tail, services, trace
from jobs.forms import PlayForm
from jobs.models import Job
from jobs.services.bridges import depends
from jobs.services.jobs import RETRYABLE
from jobs.services.refs import on_ref
from jobs.states import CANCELABLE, State
from jobs.views.artifact_parts import of_job
from jobs.views.links import downstream_of
from portal.listing import page_of, words
from tokenaccess import uses
from tokenaccess.gate import may
from tokenaccess.models import RefusalRecord
from tokenaccess.policy import Action
from tokenaccess.refs import may_touch
from tokenaccess.web import PageRequest, form_page, requires

SHOWN_REFUSALS = 50


@requires(Action.READ_JOBS)
@require_safe
def jobs(request: PageRequest, project_path: str) -> HttpResponse:
    """`?q=` finds a job's name or ref, `?status=` a state."""
    project = request.access.project
    rows = Job.objects.for_display().filter(project=project).defer("options")
    q, status = words(request), words(request, "status")
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(pipeline__ref__icontains=q))
    if status in State.values:
        rows = rows.filter(status=status)
    context = {
        "project": project,
        "page": page_of(request, rows.order_by("-id")),
        "q": q,
        "status": status,
        "states": list(State),
    }
    return render(request, "jobs/jobs.html", context)


@requires(Action.READ_JOBS)
@require_safe
def job(request: PageRequest, project_path: str, job: int) -> HttpResponse:
    """Its log, its token's life, and what was refused to it."""
    found = get_object_or_404(Job.objects.for_display(), project=request.access.project, pk=job)
    return render(request, "jobs/job.html", {**_about(request, found), **_log(request, found)})


@requires(Action.READ_JOBS)
@never_cache
@require_safe
def tail(request: PageRequest, project_path: str, job: int) -> HttpResponse:
    """For a page that is open: what is new since `?from=`, the cursor it was given; 204 when nothing is."""
    found = get_object_or_404(Job.objects.for_display(), project=request.access.project, pk=job)
    try:
        cursor = log_tail.Cursor.parse(request.GET.get("from", ""))
    except log_tail.BadCursor:
        return HttpResponse("from is invalid\n", "text/plain", 400)
    context = _since(request, found, cursor)
    if context["cursor"] == cursor:
        return HttpResponse(status=204)
    if cursor.status != found.status:
        context.update(_about(request, found), moved=True)
    return render(request, "jobs/tail.html", context)


def _since(request: PageRequest, job: Job, cursor: log_tail.Cursor) -> dict[str, Any]:
    if not _log_is_readable(request, job):
        return _log(request, job)
    if job.executing:
        trace.watch(job)
    else:
        trace.unwatch(job)
    rest = log_tail.rest(job, cursor)
    if rest is None:
        return {**_log(request, job), "anew": True}
    return {
        "project": job.project,
        "job": job,
        "cursor": rest.cursor,
        "rest": rest,
        "log_lines": rest.cursor.lines,
        "live": _is_live(job),
    }


def _log(request: PageRequest, job: Job) -> dict[str, Any]:
    """The end of the log, as far as the visitor may read it."""
    readable = _log_is_readable(request, job)
    if readable and job.executing:
        trace.watch(job)
    shown = log_tail.whole(job) if readable else log_tail.Whole(log_lines.Section(""), log_tail.nothing(job))
    return {
        "project": job.project,
        "job": job,
        "log": shown.section,
        "log_readable": readable,
        "log_lines": shown.cursor.lines,
        "log_cut": shown.cut,
        "log_times": shown.stamped,
        "cursor": shown.cursor,
        "live": _is_live(job),
    }


def _is_live(job: Job) -> bool:
    """Whether something may come without anybody doing anything here."""
    return not job.complete and job.status != State.MANUAL


def _about(request: PageRequest, found: Job) -> dict[str, Any]:
    """All but the log."""
    project = request.access.project
    refusals = _refusals(request, found)
    waits = found.status in {State.MANUAL, State.SCHEDULED}
    again = found.status in RETRYABLE and not found.retried and found.erased_at is None
    may_start = (waits or again) and may_touch(request.access, Action.UPDATE_JOB, on_ref(found.pipeline))
    return {
        "project": project,
        "job": found,
        "has_token": hasattr(found, "token"),
        "refusals": refusals,
        "refused_count": sum(row.count for row in refusals or ()),
        "may_update": may(request, Action.UPDATE_JOB, project),
        "siblings": found.pipeline.jobs.current().filter(stage=found.stage).order_by("name", "id").defer("options"),
        "newer": _newer(found),
        "shows_environment": found.environment_id is not None and may(request, Action.READ_ENVIRONMENTS, project),
        "artifacts": of_job(request, found),
        "cancelable": found.status in CANCELABLE,
        "retryable": again and may_start,
        "playable": waits and may_start,
        "play_form": PlayForm() if waits and may_start else None,
        "erasable": found.complete and found.erased_at is None and _left_something(found),
        "nav_current": "project_jobs",
        **(_bridged(request, found) if found.bridge else {}),
    }


def _bridged(request: PageRequest, bridge: Job) -> dict[str, Any]:
    return {"downstream": downstream_of(request, bridge.downstream.all()), "waits_for_it": depends(bridge)}


def _left_something(job: Job) -> bool:
    return trace.exists(job) or any(artifact.blob_id for artifact in job.artifacts.all())


def _log_is_readable(request: PageRequest, job: Job) -> bool:
    """A log that shows every variable is for those who could run the job themselves."""
    return not job.debug_trace or may(request, Action.UPDATE_JOB, job.project)


def _refusals(request: PageRequest, job: Job) -> list[uses.Refusal] | None:
    """For maintainers of the job's project; None for anyone else."""
    user = request.access.user
    if user is None or not may(request, Action.READ_TOKEN_ACCESS, request.access.project):
        return None
    records = RefusalRecord.objects.filter(origin_project=job.project_id, job_id=job.pk)
    return uses.refused_elsewhere(records.told_to(user)[:SHOWN_REFUSALS])


def _newer(job: Job) -> Job | None:
    """The try that has taken its place."""
    if not job.retried:
        return None
    return Job.objects.filter(pipeline=job.pipeline_id, name=job.name, pk__gt=job.pk).order_by("id").first()


@requires(Action.READ_JOBS)
@require_safe
def raw(request: PageRequest, project_path: str, job: int) -> HttpResponseBase:
    """The whole log as plain text; `?download` saves it."""
    found = get_object_or_404(Job, project=request.access.project, pk=job)
    if not _log_is_readable(request, found):
        return HttpResponse(_("This log shows every variable and is for developers.") + "\n", "text/plain", 403)
    disposition = "attachment" if "download" in request.GET else "inline"
    headers = {"Content-Disposition": f'{disposition}; filename="job-{found.pk}.log"'}
    return StreamingHttpResponse(trace.blocks(found), content_type="text/plain; charset=utf-8", headers=headers)


def _changed(request: PageRequest, job: int, change: Callable[[Job, User], Any], told: str) -> HttpResponse:
    """Does it, says so, and shows the job that is there now."""
    found = get_object_or_404(Job.objects.select_related("project"), project=request.access.project, pk=job)
    person = request.access.user
    assert person is not None  # these actions are for signed-in people
    try:
        after = change(found, person)
    except services.NotPossible:
        messages.error(request, _("Job #%(pk)s has moved on meanwhile; look at its state.") % {"pk": job})
        after = found
    else:
        messages.success(request, told % {"pk": job})
    return redirect("project_job", found.project.full_path, after.pk)


@requires(Action.UPDATE_JOB)
@require_POST
def cancel(request: PageRequest, project_path: str, job: int) -> HttpResponse:
    told = _("Job #%(pk)s is being cancelled. Its token ends with it.")
    return _changed(request, job, lambda found, person: services.cancel_job(found), told)


@requires(Action.UPDATE_JOB)
@require_POST
def retry(request: PageRequest, project_path: str, job: int) -> HttpResponse:
    told = _("This job runs again what #%(pk)s ran, as you.")
    return _changed(request, job, lambda found, person: services.retry_job(found, by=person), told)


@requires(Action.UPDATE_JOB)
@require_POST
def play(request: PageRequest, project_path: str, job: int) -> HttpResponse:
    """With `variables`, where the form has them."""
    form = PlayForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["variables"])))
        return redirect("project_job", project_path, job)
    given, told = form.cleaned_data["variables"], _("Job #%(pk)s waits for a runner; it runs as you.")
    return _changed(request, job, lambda found, person: services.play_job(found, by=person, variables=given), told)


@requires(Action.ERASE_JOB)
@form_page
def erase(request: PageRequest, project_path: str, job: int) -> HttpResponseBase:
    """Asked for again on a page of its own: what is erased does not come back."""
    if request.method == "POST":
        told = _("The log and the artifacts of job #%(pk)s are erased.")
        return _changed(request, job, lambda found, person: services.erase_job(found, by=person), told)
    project = request.access.project
    found = get_object_or_404(Job, project=project, pk=job)
    context = {"project": project, "job": found, "size": trace.size(found), "nav_current": "project_jobs"}
    return render(request, "jobs/job_erase.html", context)
