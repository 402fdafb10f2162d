"""Trying a CI file by REST: the text of a request, or the file of a commit."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.operations import operation
from jobs.api.params.lint import CommitLintParams, LintParams, ProjectLintParams
from jobs.api.serializers.lint import LintSerializer, ProjectLintSerializer, lint_json
from jobs.pipelines.lint import LintOptions, lint_commit, lint_file, lint_text
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


class ProjectLint(GatedView):
    """What is wrong with a file is an answer: 200 with `"valid": false`."""

    actions = {"GET": Action.CHECK_CI_FILE, "POST": Action.RUN_PIPELINE}

    @operation(ProjectLintParams, returns=ProjectLintSerializer, status=200)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> Response:
        found = lint_file(
            project=self.access.project,
            user=self.current_user,
            text=params["content"],
            options=LintOptions(ref=params["ref"], inputs=params.get("inputs") or {}, dry_run=params["dry_run"]),
        )
        return Response(lint_json(found, params))

    @operation(CommitLintParams, returns=ProjectLintSerializer)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> Response:
        found = lint_commit(
            project=self.access.project,
            user=self.current_user,
            content_ref=params.get("content_ref", ""),
            options=LintOptions(
                ref=params.get("dry_run_ref", ""), inputs=params.get("inputs") or {}, dry_run=params["dry_run"]
            ),
        )
        return Response(lint_json(found, params))


class Lint(GatedView):
    """A file of no project. Older clients ask here; newer ones ask a project, whose own files and variables then
    count."""

    actions = {"POST": Action.LINT}

    @operation(LintParams, returns=LintSerializer, status=200)
    def post(self, request: Request, params: dict[str, Any]) -> Response:
        found = lint_text(params["content"], user=self.current_user)
        return Response({"status": "valid" if found.valid else "invalid", **lint_json(found, params)})
