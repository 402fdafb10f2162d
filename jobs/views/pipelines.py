"""Pipelines: the list, one with its stages, and starting one."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, Sum
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from jobs import services
from jobs.dependency_rows import dependency_rows
from jobs.forms import PipelineForm
from jobs.models import Job, Pipeline
from jobs.models.pipeline import Source
from jobs.services.refs import on_ref
from jobs.states import CANCELABLE, COMPLETED, State
from jobs.views.artifact_parts import exposed_of, plans_of, tests_of
from jobs.views.links import downstream_of, url_of
from portal.listing import page_of, words
from projects.repository import Repository
from tokenaccess.gate import may
from tokenaccess.models import RefusalRecord
from tokenaccess.policy import Action
from tokenaccess.refs import may_touch
from tokenaccess.web import PageRequest, form_page, requires


@requires(Action.READ_PIPELINES)
@require_safe
def pipelines(request: PageRequest, project_path: str) -> HttpResponse:
    """`?q=` finds a ref, `?status=` a state."""
    project = request.access.project
    rows = Pipeline.objects.filter(project=project).select_related("user")
    q, status = words(request), words(request, "status")
    if q:
        rows = rows.filter(Q(ref__icontains=q) | Q(sha__startswith=q.lower()))
    if status in State.values:
        rows = rows.filter(status=status)
    current = Q(jobs__retried=False)
    counted = rows.with_coverage().annotate(
        job_count=Count("jobs", filter=current),
        done_count=Count("jobs", filter=current & Q(jobs__status__in=COMPLETED)),
    )
    context = {
        "project": project,
        "page": page_of(request, counted.order_by("-id")),
        "q": q,
        "status": status,
        "may_run": may(request, Action.RUN_PIPELINE, project),
        "states": list(State),
    }
    return render(request, "jobs/pipelines.html", context)


@requires(Action.RUN_PIPELINE)
@form_page
def new(request: PageRequest, project_path: str) -> HttpResponseBase:
    """Starts one on a branch or tag, as the person who asks. `?ref=`, and `look` in the form: only shows the variables
    that the file offers there."""
    project = request.access.project
    repository = Repository(project.repository_path)
    refs = [ref.name for ref in (*repository.branches(), *repository.tags())]
    chosen = request.POST.get("ref") or words(request, "ref")
    wanted = services.Request(
        project=project,
        ref=chosen if chosen in refs else project.default_branch,
        user=request.access.user,
        source=Source.WEB,
    )
    posted = request.POST if request.method == "POST" and "look" not in request.POST else None
    initial = {"ref": wanted.ref, "variables": request.POST.get("variables", "")}
    form = PipelineForm(posted, refs=refs, offered=services.offered_variables(wanted), initial=initial)
    if form.is_valid():
        try:
            made = services.create_pipeline(replace(wanted, ref=form.cleaned_data["ref"], variables=form.given))
        except services.Refused as error:
            for message in error.messages:
                form.add_error(None, message)
        else:
            messages.success(request, _("Pipeline #%(pk)s has started.") % {"pk": made.pk})
            return redirect("project_pipeline", project.full_path, made.pk)
    context = {"project": project, "form": form, "nav_current": "project_pipelines"}
    return render(request, "jobs/pipeline_new.html", context, status=422 if form.errors else 200)


@requires(Action.READ_PIPELINES)
@require_safe
def pipeline(request: PageRequest, project_path: str, pipeline: int) -> HttpResponse:
    """Its stages from left to right, each with its jobs; `?view=needs`: which job waits for which."""
    project = request.access.project
    found = get_object_or_404(Pipeline.objects.for_display().with_coverage(), project=project, pk=pipeline)
    jobs = list(found.jobs.current().order_by("stage_index", "name", "id").defer("options"))
    dependencies = dependency_rows(jobs) if words(request, "view") == "needs" else []
    may_start = _may_start(request, found, jobs)
    context = {
        "project": project,
        "pipeline": found,
        "live": found.status not in _STILL,
        "dependencies": dependencies,
        "names_needs": any(row.links is not None for row in dependencies),
        "stages": [(stage, list(of_stage)) for stage, of_stage in groupby(jobs, key=lambda job: job.stage)],
        "jobs": jobs,
        "done": sum(job.complete for job in jobs),
        "covered": sum(job.coverage is not None for job in jobs),
        # One that is over may have a manual job left, which nobody has to play.
        "cancelable": 0 if found.status in COMPLETED else sum(job.status in CANCELABLE for job in jobs),
        "retryable": sum(job.status in _TRIED for job in jobs) if may_start else 0,
        "may_start": may_start,
        "playable": _PLAYABLE,
        "may_update": may(request, Action.UPDATE_JOB, project),
        "refused": _refused(request, jobs),
        "tested": tests_of(request, found),
        "plans": plans_of(request, found),
        "exposed": exposed_of(request, found),
        **_links(request, found),
    }
    return render(request, "jobs/pipeline.html", context)


# Nothing happens in it without a person or the clock.
_STILL = {*COMPLETED, State.MANUAL, State.SCHEDULED}
_TRIED = {State.FAILED, State.CANCELED}
_PLAYABLE = {State.MANUAL, State.SCHEDULED}


def _may_start(request: PageRequest, pipeline: Pipeline, jobs: list[Job]) -> bool:
    """Whether the visitor may play or retry jobs on this ref; no, where there is none to start."""
    startable = any(job.status in _TRIED | _PLAYABLE for job in jobs)
    return startable and may_touch(request.access, Action.UPDATE_JOB, on_ref(pipeline))


def _refused(request: PageRequest, jobs: list[Job]) -> dict[int, int]:
    """Job → how many of its requests were refused, for those who may know."""
    if not may(request, Action.READ_TOKEN_ACCESS, request.access.project):
        return {}
    rows = RefusalRecord.objects.filter(job_id__in=[job.pk for job in jobs])
    return dict(rows.order_by().values_list("job_id").annotate(times=Sum("count")))


def _links(request: PageRequest, pipeline: Pipeline) -> dict[str, Any]:
    """The pipelines this one was started by and has started, as far as the visitor may see them."""
    above = Job.objects.select_related("project", "pipeline").filter(pk=pipeline.started_by_job_id or 0).first()
    downstream = downstream_of(request, Pipeline.objects.filter(started_by_job__pipeline=pipeline))
    of_job: dict[int | None, list[tuple[Pipeline, str]]] = {}
    for one, url in downstream:
        of_job.setdefault(one.started_by_job_id, []).append((one, url))
    return {
        "upstream": above,
        "upstream_url": url_of(request, above.pipeline) if above else "",
        "downstream": downstream,
        "downstream_of": of_job,
    }


def _own(request: PageRequest, pipeline: int) -> Pipeline:
    return get_object_or_404(Pipeline, project=request.access.project, pk=pipeline)


@requires(Action.UPDATE_JOB)
@require_POST
def cancel(request: PageRequest, project_path: str, pipeline: int) -> HttpResponse:
    services.cancel_pipeline(_own(request, pipeline))
    messages.success(request, _("Pipeline #%(pk)s is cancelled.") % {"pk": pipeline})
    return redirect("project_pipeline", project_path, pipeline)


@requires(Action.UPDATE_JOB)
@require_POST
def retry(request: PageRequest, project_path: str, pipeline: int) -> HttpResponse:
    found = _own(request, pipeline)
    count = found.jobs.current().filter(status__in=[State.FAILED, State.CANCELED], erased_at=None).count()
    person = request.access.user
    assert person is not None  # the action is for signed-in people
    services.retry_pipeline(found, by=person)
    messages.success(request, ngettext("%(n)d job runs again.", "%(n)d jobs run again.", count) % {"n": count})
    return redirect("project_pipeline", project_path, pipeline)
