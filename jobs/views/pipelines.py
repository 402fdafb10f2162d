"""Pages of pipelines: the list, one with its stages, and starting one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.db.models import Count, F, Q, Sum
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from jobs.forms.inputs import posted_inputs
from jobs.forms.pipelines import PipelineForm
from jobs.models import Job, Pipeline
from jobs.models.pipeline import Source
from jobs.pipelines.dependency_graph import dependency_rows
from jobs.pipelines.plan import PipelineRefused, PipelineRequest, prefilled_variables, read_inputs
from jobs.pipelines.protected_refs import ref_protection
from jobs.pipelines.services import cancel_pipeline, create_pipeline, retry_pipeline
from jobs.states import CANCELABLE, COMPLETED, State
from jobs.views.artifact_reports import exposed_artifacts, terraform_reports, test_report
from jobs.views.links import pipeline_url, visible_downstream
from pages.badges import CI
from pages.frame import render_page
from pages.listing import page_of, search_term
from pages.parameters import page_choice
from projects.repository import Repository
from tokenaccess.access.gate import is_allowed, is_allowed_on_ref
from tokenaccess.adapters.pages import PageRequest, form_page, requires
from tokenaccess.models import RefusalRecord
from tokenaccess.policy import Action


@requires(Action.READ_PIPELINES)
@require_safe
def pipelines(request: PageRequest, project_path: str) -> HttpResponse:
    """`?q=` searches refs, `?status=` filters by state."""
    project = request.access.project
    rows = Pipeline.objects.filter(project=project).select_related("user")
    q, status = search_term(request), page_choice(request, "status", State.values)
    if q:
        rows = rows.filter(Q(ref__icontains=q) | Q(sha__startswith=q.lower()))
    if status:
        rows = rows.filter(status=status)
    current = Q(jobs__retried=False)
    counted = rows.with_coverage().annotate(
        job_count=Count("jobs", filter=current),
        done_count=Count("jobs", filter=current & Q(jobs__status__in=COMPLETED)),
    )
    context = {
        "page": page_of(request, counted.order_by("-id")),
        "q": q,
        "status": status,
        "may_run": is_allowed(request, Action.RUN_PIPELINE, project),
        "may_push": is_allowed(request, Action.PUSH_CODE, project),
        "states": [("", _("Any")), *((state.value, CI[state.value].word) for state in State)],
    }
    return render_page(request, "jobs/pipelines.html", context)


@requires(Action.RUN_PIPELINE)
@form_page
def new(request: PageRequest, project_path: str) -> HttpResponseBase:
    """Starts a pipeline on a branch or tag, as the visitor.

    `?ref=` prefills the ref. `look` in the form: only show the inputs and variables that the CI file offers there.
    """
    project = request.access.project
    repository = Repository(project.repository_path)
    refs = [ref.name for ref in (*repository.branches(), *repository.tags())]
    ref = request.POST.get("ref") or search_term(request, "ref")
    pipeline_request = PipelineRequest(
        project=project,
        ref=ref if ref in refs else project.default_branch,
        user=request.access.user,
        source=Source.WEB,
    )
    posted = request.POST if request.method == "POST" and "look" not in request.POST else None
    initial = {"ref": pipeline_request.ref, "variables": request.POST.get("variables", "")}
    chosen = posted_inputs(request.POST.dict())
    form = PipelineForm(
        posted,
        refs=refs,
        inputs=read_inputs(pipeline_request),
        known_inputs=chosen if posted is None else {},
        offered=prefilled_variables(replace(pipeline_request, inputs=chosen)),
        initial=initial,
    )
    if form.is_valid():
        wanted = replace(
            pipeline_request,
            ref=form.cleaned_data["ref"],
            variables=form.submitted_variables,
            inputs=form.submitted_inputs,
        )
        if pipeline := _try_to_create(wanted, form):
            messages.success(request, _("Pipeline #%(pk)s started.") % {"pk": pipeline.pk})
            return redirect("project_pipeline", project.full_path, pipeline.pk)
    return render_page(request, "jobs/pipeline_new.html", nav="project_pipelines", form=form)


def _try_to_create(wanted: PipelineRequest, form: PipelineForm) -> Pipeline | None:
    """None after adding the errors to the form."""
    try:
        return create_pipeline(wanted)
    except PipelineRefused as error:
        for message in error.messages:
            form.add_error(None, message)
    return None


@requires(Action.READ_PIPELINES)
@require_safe
def pipeline(request: PageRequest, project_path: str, pipeline_id: int) -> HttpResponse:
    """Its stages with their jobs; `?view=needs`: which job waits for which."""
    project = request.access.project
    pipeline = get_object_or_404(Pipeline.objects.for_display().with_coverage(), project=project, pk=pipeline_id)
    current = pipeline.jobs.current().annotate(confirmation=F("options__manual_confirmation"))
    jobs = list(current.order_by("stage_index", "name", "id").defer("options"))
    dependencies = dependency_rows(jobs) if page_choice(request, "view", ["stages", "needs"]) == "needs" else []
    may_start = _may_start(request, pipeline, jobs)
    context = {
        "pipeline": pipeline,
        "live": pipeline.status not in _IDLE_STATES,
        "dependencies": dependencies,
        "names_needs": any(row.links is not None for row in dependencies),
        "stages": [(stage, list(of_stage)) for stage, of_stage in groupby(jobs, key=lambda job: job.stage)],
        "jobs": jobs,
        "external": list(pipeline.commit_statuses.current().order_by("name")),
        "done": sum(job.complete for job in jobs),
        "covered": sum(job.coverage is not None for job in jobs),
        # A finished pipeline may have manual jobs left, but there is nothing to cancel.
        "cancelable": 0 if pipeline.status in COMPLETED else sum(job.status in CANCELABLE for job in jobs),
        "retryable": sum(job.status in _RETRYABLE_STATES for job in jobs) if may_start else 0,
        "may_start": may_start,
        "playable": _PLAYABLE_STATES,
        "may_update": is_allowed(request, Action.UPDATE_JOB, project),
        "refused": _refusal_counts(request, jobs),
        "test_report": test_report(request, pipeline),
        "terraform_reports": terraform_reports(request, pipeline),
        "exposed_artifacts": exposed_artifacts(request, pipeline),
        **_link_context(request, pipeline),
    }
    return render_page(request, "jobs/pipeline.html", context)


# Nothing changes without a person or the clock.
_IDLE_STATES = {*COMPLETED, State.MANUAL, State.SCHEDULED}
_RETRYABLE_STATES = {State.FAILED, State.CANCELED}
_PLAYABLE_STATES = {State.MANUAL, State.SCHEDULED}


def _may_start(request: PageRequest, pipeline: Pipeline, jobs: Sequence[Job]) -> bool:
    """Whether the visitor may play or retry jobs on this ref; False if there is none to start."""
    startable = any(job.status in _RETRYABLE_STATES | _PLAYABLE_STATES for job in jobs)
    return startable and is_allowed_on_ref(request.access, Action.UPDATE_JOB, ref_protection(pipeline))


def _refusal_counts(request: PageRequest, jobs: Sequence[Job]) -> dict[int, int]:
    """Job id → number of its refused requests, if the visitor may know; otherwise empty."""
    if not is_allowed(request, Action.READ_TOKEN_ACCESS, request.access.project):
        return {}
    rows = RefusalRecord.objects.filter(job_id__in=[job.pk for job in jobs])
    return dict(rows.order_by().values_list("job_id").annotate(times=Sum("count")))


def _link_context(request: PageRequest, pipeline: Pipeline) -> dict[str, Any]:
    """The upstream and downstream pipelines that the visitor may see."""
    above = Job.objects.select_related("project", "pipeline").filter(pk=pipeline.started_by_job_id or 0).first()
    downstream = visible_downstream(request, Pipeline.objects.filter(started_by_job__pipeline=pipeline))
    by_bridge: dict[int | None, list[tuple[Pipeline, str]]] = {}
    for child, url in downstream:
        by_bridge.setdefault(child.started_by_job_id, []).append((child, url))
    return {
        "upstream": above,
        "upstream_url": pipeline_url(request, above.pipeline) if above else "",
        "downstream": downstream,
        "downstream_of": by_bridge,
    }


def _find(request: PageRequest, pipeline_id: int) -> Pipeline:
    return get_object_or_404(Pipeline, project=request.access.project, pk=pipeline_id)


@requires(Action.UPDATE_JOB)
@require_POST
def cancel(request: PageRequest, project_path: str, pipeline_id: int) -> HttpResponse:
    cancel_pipeline(_find(request, pipeline_id))
    messages.success(request, _("Pipeline #%(pk)s canceled.") % {"pk": pipeline_id})
    return redirect("project_pipeline", project_path, pipeline_id)


@requires(Action.UPDATE_JOB)
@require_POST
def retry(request: PageRequest, project_path: str, pipeline_id: int) -> HttpResponse:
    pipeline = _find(request, pipeline_id)
    count = pipeline.jobs.current().filter(status__in=[State.FAILED, State.CANCELED], erased_at=None).count()
    person = request.access.user
    assert person is not None  # the action is for signed-in people
    retry_pipeline(pipeline, by=person)
    messages.success(request, ngettext("%(n)d job retried.", "%(n)d jobs retried.", count) % {"n": count})
    return redirect("project_pipeline", project_path, pipeline_id)
