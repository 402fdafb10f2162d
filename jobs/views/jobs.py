"""Pages of jobs: the list, one with its log, and actions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from blobs.respond import FileBackedResponse
from identity.models import User
from jobs.forms.pipelines import PlayForm
from jobs.logs import storage
from jobs.logs import tail as log_tail
from jobs.models import Job
from jobs.pipelines.job_actions import InvalidJobState, cancel_job, erase_job, play_job, retry_job
from jobs.states import State
from jobs.views.job_page import job_details, log_context, log_is_readable, log_update_context
from pages.badges import CI
from pages.frame import render_page
from pages.listing import page_of, search_term
from pages.parameters import page_choice
from tokenaccess.access.gate import is_allowed
from tokenaccess.adapters.pages import PageRequest, form_page, requires
from tokenaccess.policy import Action

_LINE = re.compile(r"[1-9][0-9]{0,8}")


@requires(Action.READ_JOBS)
@require_safe
def jobs(request: PageRequest, project_path: str) -> HttpResponse:
    """`?q=` searches names and refs, `?status=` filters by state."""
    project = request.access.project
    rows = Job.objects.for_display().filter(project=project).defer("options")
    q, status = search_term(request), page_choice(request, "status", State.values)
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(pipeline__ref__icontains=q))
    if status:
        rows = rows.filter(status=status)
    context = {
        "page": page_of(request, rows.order_by("-id")),
        "q": q,
        "status": status,
        "may_push": is_allowed(request, Action.PUSH_CODE, project),
        "states": [("", _("Any")), *((state.value, CI[state.value].word) for state in State)],
    }
    return render_page(request, "jobs/jobs.html", context)


@requires(Action.READ_JOBS)
@require_safe
def job(request: PageRequest, project_path: str, job_id: int) -> HttpResponse:
    """One job with its log and its refused requests. `?line=`: a line of the log that is to be shown."""
    job = get_object_or_404(Job.objects.for_display(), project=request.access.project, pk=job_id)
    line = request.GET.get("line", "")
    log = log_context(request, job, int(line) if _LINE.fullmatch(line) else None)
    return render_page(request, "jobs/job.html", {**job_details(request, job).context, **log}, nav="project_jobs")


@requires(Action.READ_JOBS)
@never_cache
@require_safe
def tail(request: PageRequest, project_path: str, job_id: int) -> HttpResponse:
    """What has been added to an open page since the cursor `?from=`; 204 if nothing."""
    job = get_object_or_404(Job.objects.for_display(), project=request.access.project, pk=job_id)
    try:
        cursor = log_tail.Cursor.parse(request.GET.get("from", ""))
    except log_tail.BadCursor:
        return HttpResponse("from is invalid\n", "text/plain", 400)
    context = log_update_context(request, job, cursor)
    if context["cursor"] == cursor or ("anew" in context and cursor.same_position(context["cursor"])):
        return HttpResponse(status=204)
    if cursor.status != job.status:
        context.update(job_details(request, job).context, moved=True)
    return render(request, "jobs/tail.html", context)


@requires(Action.READ_JOBS)
@require_safe
def raw(request: PageRequest, project_path: str, job_id: int) -> HttpResponseBase:
    """The whole log as plain text; `?download` saves it."""
    job = get_object_or_404(Job, project=request.access.project, pk=job_id)
    if not log_is_readable(request, job):
        return HttpResponse(_("This log shows all variables. Only developers can read it.") + "\n", "text/plain", 403)
    disposition = "attachment" if "download" in request.GET else "inline"
    headers = {"Content-Disposition": f'{disposition}; filename="job-{job.pk}.log"'}
    return FileBackedResponse(storage.blocks(job), content_type="text/plain; charset=utf-8", headers=headers)


def _change_job(request: PageRequest, job_id: int, change: Callable[[Job, User], Any], message: str) -> HttpResponse:
    """Apply the change, show a message, and redirect to the resulting job."""
    job = get_object_or_404(Job.objects.select_related("project"), project=request.access.project, pk=job_id)
    person = request.access.user
    assert person is not None  # these actions are for signed-in people
    try:
        after = change(job, person)
    except InvalidJobState:
        messages.error(
            request, _("The status of job #%(pk)s has changed meanwhile. Nothing was done.") % {"pk": job_id}
        )
        after = job
    else:
        messages.success(request, message % {"pk": job_id})
    return redirect("project_job", job.project.full_path, after.pk)


@requires(Action.UPDATE_JOB)
@require_POST
def cancel(request: PageRequest, project_path: str, job_id: int) -> HttpResponse:
    message = _("Job #%(pk)s is being canceled. Its token expires with it.")
    return _change_job(request, job_id, lambda job, person: cancel_job(job), message)


@requires(Action.UPDATE_JOB)
@require_POST
def retry(request: PageRequest, project_path: str, job_id: int) -> HttpResponse:
    message = _("Job #%(pk)s retried as this job, which runs as you.")
    return _change_job(request, job_id, lambda job, person: retry_job(job, by=person), message)


@requires(Action.UPDATE_JOB)
@require_POST
def play(request: PageRequest, project_path: str, job_id: int) -> HttpResponse:
    """`variables`: from the form."""
    form = PlayForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["variables"])))
        return redirect("project_job", project_path, job_id)
    variables, message = form.cleaned_data["variables"], _("Job #%(pk)s is waiting for a runner. It runs as you.")
    return _change_job(request, job_id, lambda job, person: play_job(job, by=person, variables=variables), message)


@requires(Action.ERASE_JOB)
@form_page
def erase(request: PageRequest, project_path: str, job_id: int) -> HttpResponseBase:
    """Asks for confirmation on a page of its own, because this cannot be undone."""
    if request.method == "POST":
        message = _("Log and artifacts of job #%(pk)s erased.")
        return _change_job(request, job_id, lambda job, person: erase_job(job, by=person), message)
    project = request.access.project
    job = get_object_or_404(Job, project=project, pk=job_id)
    return render_page(request, "jobs/job_erase.html", {"job": job, "size": storage.size(job)}, nav="project_jobs")
