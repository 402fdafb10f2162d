"""The page that checks a CI file before it is pushed."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase

from jobs.forms.lint import MAX_LENGTH, LintForm
from jobs.forms.shared import with_unix_newlines
from jobs.models import Job
from jobs.pipelines.dependency_graph import dependency_rows
from jobs.pipelines.lint import LintResult, ci_file_at, lint_file, lint_inputs
from jobs.views.plan_drawing import draw
from pages.frame import render_page
from pages.listing import search_term
from tokenaccess.adapters.pages import PageRequest, form_page, requires
from tokenaccess.policy import Action

MAX_ROWS = 200  # of jobs in a table of the result


@requires(Action.RUN_PIPELINE)
@form_page
def lint(request: PageRequest, project_path: str) -> HttpResponseBase:
    """Starts with the file at `?ref=`, by default of the default branch. POST shows the same page with the result, or,
    with `load`, with the file at the ref that the form names."""
    project, posted = request.access.project, request.POST
    ref = posted.get("ref", "") if request.method == "POST" else search_term(request, "ref")
    is_loading = request.method != "POST" or "load" in posted
    text = ci_file_at(project, ref) if is_loading else with_unix_newlines(posted.get("content", ""))
    specs = lint_inputs(project, request.access.user, text, ref) if len(text) <= MAX_LENGTH else {}
    if is_loading:
        kept = {name: posted[name] for name in ("source", "variables") if name in posted}
        form = LintForm(initial={"content": text, "ref": ref, **kept}, inputs=specs)
    else:
        form = LintForm(posted, inputs=specs)
    context: dict[str, Any] = {"is_missing": is_loading and bool(ref) and not text}
    if form.is_valid():
        result = lint_file(project=project, user=request.access.user, text=text, options=form.options)
        context |= _result_context(result)
    return render_page(request, "jobs/lint.html", context, nav="project_pipelines", form=form)


def _result_context(result: LintResult) -> dict[str, Any]:
    """`verdicts`: those that keep a job out first. `rows`: of the jobs there would be, in the order they may start."""
    verdicts = sorted(result.verdicts, key=lambda verdict: verdict.is_in)
    rows = dependency_rows([_unsaved_job(job) for job in result.push_jobs])
    return {
        "result": result,
        "verdicts": verdicts[:MAX_ROWS],
        "unlisted_verdicts": max(0, len(verdicts) - MAX_ROWS),
        "left_out": sum(not verdict.is_in for verdict in verdicts),
        "rows": rows[:MAX_ROWS],
        "unlisted": max(0, len(rows) - MAX_ROWS),
        "drawing": draw(rows),
    }


def _unsaved_job(compiled: Any) -> Job:
    needs = compiled.as_dict()["needs"]
    return Job(
        name=compiled.name,
        stage=compiled.stage,
        stage_index=compiled.stage_index,
        needs=None if needs is None else list(needs),
        when=compiled.when,
        allow_failure=compiled.allow_failure,
        tag_list=list(compiled.tags),
        bridge=compiled.trigger is not None,
        options={"needs_elsewhere": list(compiled.needs_elsewhere)},
    )
