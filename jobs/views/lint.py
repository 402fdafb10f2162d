"""The page that checks a CI file before it is pushed."""

from __future__ import annotations

from django.http.response import HttpResponseBase

from jobs.forms.pipelines import LintForm
from jobs.pipelines.lint import default_branch_file, lint_file
from pages.frame import render_page
from tokenaccess.adapters.pages import PageRequest, form_page, requires
from tokenaccess.policy import Action


@requires(Action.RUN_PIPELINE)
@form_page
def lint(request: PageRequest, project_path: str) -> HttpResponseBase:
    """Starts with the file of the default branch. POST shows the same page with the result."""
    project = request.access.project
    form = (
        LintForm(request.POST)
        if request.method == "POST"
        else LintForm(initial={"content": default_branch_file(project)})
    )
    result = None
    if form.is_valid():
        text, ref = form.cleaned_data["content"], form.cleaned_data["ref"]
        result = lint_file(project=project, user=request.access.user, text=text, ref=ref)
    return render_page(request, "jobs/lint.html", {"result": result}, nav="project_pipelines", form=form)
