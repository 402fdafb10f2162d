"""Trying a CI file before it is pushed."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from jobs.forms import LintForm
from jobs.services.lint import file_of, lint_file
from tokenaccess.policy import Action
from tokenaccess.web import PageRequest, form_page, requires


@requires(Action.RUN_PIPELINE)
@form_page
def lint(request: PageRequest, project_path: str) -> HttpResponseBase:
    """Begins with the file of the default branch; a POST answers with the same page and what is to be said of it."""
    project = request.access.project
    form = LintForm(request.POST) if request.method == "POST" else LintForm(initial={"content": file_of(project)})
    found = None
    if form.is_valid():
        text, ref = form.cleaned_data["content"], form.cleaned_data["ref"]
        found = lint_file(project=project, user=request.access.user, text=text, ref=ref)
    context = {"project": project, "form": form, "found": found, "nav_current": "project_pipelines"}
    answer: HttpResponse = render(request, "jobs/lint.html", context, status=422 if form.errors else 200)
    return answer
