"""Trying a CI file by REST: the text of a request, or the file of a commit."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from config.params import Params
from jobs.config import CompiledJob
from jobs.services.drafts import LARGEST_FILE
from jobs.services.lint import Linted, lint_commit, lint_file, lint_text
from tokenaccess.drf import GatedView
from tokenaccess.policy import Action


class ProjectLint(GatedView):
    """POST: `content`, `ref`, `dry_run`, `include_jobs`. GET: `content_ref`, `dry_run_ref` and their older names `sha`
    and `ref`, `dry_run`, `include_jobs`. What is wrong with a file is an answer: 200 with `"valid": false`.
    """

    actions = {"GET": Action.CHECK_CI_FILE, "POST": Action.RUN_PIPELINE}

    def post(self, request: Request, project: str) -> Response:
        params = Params.of(request)
        found = lint_file(
            project=self.access.project,
            user=self.person,
            text=content(params),
            ref=params.text("ref", most=1024) or "",
            dry_run=bool(params.boolean("dry_run")),
        )
        return Response(shown(found, params))

    def get(self, request: Request, project: str) -> Response:
        params = Params.of(request)
        found = lint_commit(
            project=self.access.project,
            user=self.person,
            content_ref=params.text("content_ref", most=1024) or params.text("sha", most=1024) or "",
            ref=params.text("dry_run_ref", most=1024) or params.text("ref", most=1024) or "",
            dry_run=bool(params.boolean("dry_run")),
        )
        return Response(shown(found, params))


class Lint(GatedView):
    """A file of no project: `content`, `include_merged_yaml`, `include_jobs`. Older clients ask here; newer ones ask a
    project, whose own files and variables then count."""

    actions = {"POST": Action.LINT}

    def post(self, request: Request) -> Response:
        params = Params.of(request)
        found = lint_text(content(params), user=self.person)
        answer = {"status": "valid" if found.valid else "invalid", **shown(found, params)}
        if not params.boolean("include_merged_yaml"):
            del answer["merged_yaml"]
        return Response(answer)


def content(params: Params) -> str:
    text = params.text("content", required=True, most=LARGEST_FILE)
    assert text is not None
    return text


def shown(found: Linted, params: Params) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "valid": found.valid,
        "errors": list(found.errors),
        "warnings": list(found.warnings),
        "merged_yaml": found.merged_yaml,
    }
    if params.boolean("include_jobs"):
        answer["jobs"] = [job_shown(job) for job in found.jobs]
    return answer


def job_shown(job: CompiledJob) -> dict[str, Any]:
    """`script` begins with the lines of `before_script`: the compiler has joined them. Rules, `only` and `except` have
    been followed already."""
    return {
        "name": job.name,
        "stage": job.stage,
        "before_script": [],
        "script": list(job.script),
        "after_script": list(job.after_script),
        "tag_list": list(job.tags),
        "only": None,
        "except": None,
        "environment": job.environment["name"] if job.environment else None,
        "when": job.when,
        "allow_failure": job.allow_failure,
        "needs": None if job.needs is None else [{"name": need.job} for need in job.needs],
    }
