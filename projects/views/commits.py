"""The page of one commit: who made it, what it changed, and its pipelines."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from jobs.models import Pipeline
from pages.frame import render_page
from projects.repository import NoSuchRef, Repository
from projects.repository.diffs import commit_diff
from projects.repository.git_command import GitFailed, OutputTooLarge, read_output
from tokenaccess.access.gate import is_allowed
from tokenaccess.adapters.pages import PageRequest, requires
from tokenaccess.policy import Action

MAX_PIPELINES = 5
MAX_TEXT_BYTES = 16 * 1024 * 1024
MAX_SECONDS = 60  # of git's processor time
TOO_LARGE = "This commit is too large to be shown. Clone the repository to see it."
_FORMATS = {"diff": ["--format="], "patch": ["--format=email", "--stat"]}


@requires(Action.READ_CODE)
@require_safe
def commit(request: PageRequest, project_path: str, name: str) -> HttpResponse:
    """`/-/commit/<id>`, also by a short id or by the name of a branch or tag; with `.diff` or `.patch` behind it as
    text for `git apply` or `git am`."""
    project = request.access.project
    repository = Repository(project.repository_path)
    try:
        found = repository.commit(name)
    except NoSuchRef:
        return _as_text(repository, name)
    diff = commit_diff(repository, found.sha)
    context: dict[str, Any] = {"commit": found, "diff": diff}
    if is_allowed(request, Action.READ_PIPELINES, project):
        pipelines = Pipeline.objects.for_display().filter(project=project, sha=found.sha)
        context["pipelines"] = list(pipelines.order_by("-id")[:MAX_PIPELINES])
    return render_page(request, "projects/commit.html", context)


def _as_text(repository: Repository, name: str) -> HttpResponse:
    name, _, suffix = name.rpartition(".")
    if suffix not in _FORMATS:
        raise Http404
    try:
        sha = repository.commit(name).sha
        text = read_output(
            repository.path,
            "show",
            *_FORMATS[suffix],
            "--patch",
            "--binary",
            "--find-renames=100%",
            "--diff-merges=first-parent",
            "--no-ext-diff",
            "--no-textconv",
            sha,
            "--",
            max_bytes=MAX_TEXT_BYTES,
            seconds=MAX_SECONDS,
        )
    except NoSuchRef:
        raise Http404 from None
    except (GitFailed, OutputTooLarge):
        return HttpResponse(TOO_LARGE, status=413, content_type="text/plain")
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
