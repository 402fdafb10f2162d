"""Commits, by REST."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged_uncounted
from config.params import Params
from config.rest import ApiError, created, forbidden
from jobs.models import Pipeline
from projects.api.code_shapes import commit_json, pipeline_json, stats_json
from projects.api.views.code import LONGEST_PATH, LONGEST_REF, RepositoryView, content
from projects.api.views.files import NO_PUSH_INTO, author, check_unchanged, commit
from projects.changes import ACTIONS
from projects.history import commits_of
from projects.repository import Change, Commit
from tokenaccess.gate import may
from tokenaccess.policy import Action, Deed

MOST_CHANGES = 1000
LONGEST_ID = 255


class CommitList(RepositoryView):
    """`ref_name`, `path`, `since`, `until`, `with_stats`. POST: one commit of many `actions`."""

    actions = {"GET": Action.BROWSE_CODE, "POST": Action.WRITE_CODE}

    def get(self, request: Request, project: str) -> Response:
        params = Params.of(request)
        since, until = params.moment("since"), params.moment("until")
        path = (params.text("path", most=LONGEST_PATH) or "").strip("/")
        with_stats = params.boolean("with_stats")
        if "ref_name" not in params and self.repository.is_empty():
            return paged_uncounted(request, lambda _limit, _offset: [], commit_json)
        sha = self.ref(params, "ref_name").sha

        def fetch(limit: int, offset: int) -> list[Commit]:
            return commits_of(self.repository, sha, limit, offset, path=path, since=since, until=until)

        return paged_uncounted(request, fetch, lambda found: self._shown(found, request, bool(with_stats)))

    def _shown(self, found: Commit, request: Request, with_stats: bool) -> dict[str, Any]:
        shown = commit_json(found, self.access.project, request)
        return {**shown, "stats": stats_json(self.repository, found)} if with_stats else shown

    def post(self, request: Request, project: str) -> Response:
        params = Params.of(request)
        params.require("branch", "commit_message", "actions")
        branch = params.text("branch", required=True, most=LONGEST_REF) or ""
        if not self.may(Deed.PUSH, branch):
            raise forbidden(NO_PUSH_INTO)
        made = commit(
            self,
            branch=branch,
            changes=[self._change(number, one, branch) for number, one in enumerate(_actions(params))],
            message=params.text("commit_message", required=True) or "",
            start=params.text("start_branch", most=LONGEST_REF) or params.text("start_sha", most=LONGEST_REF),
            author=author(params),
        )
        return created(self._shown(made, request, params.boolean("stats") is not False))

    def _change(self, number: int, asked: Any, branch: str) -> Change:
        """One of the `actions`; what is wrong with it is told with its place: `actions[0][file_path] is missing`."""
        try:
            if not isinstance(asked, dict):
                raise ApiError(400, {"error": f"actions[{number}] is invalid"})
            return self._read_change(Params(asked), branch)
        except ApiError as error:
            text = error.body.get("error", "")
            if text and not text.startswith("actions["):
                name, _space, rest = text.partition(" ")
                raise ApiError(400, {"error": f"actions[{number}][{name}] {rest}"}) from None
            raise

    def _read_change(self, params: Params, branch: str) -> Change:
        params.require("action", "file_path")
        action = params.choice("action", ACTIONS, required=True) or ""
        path = params.text("file_path", required=True, most=LONGEST_PATH) or ""
        previous = params.text("previous_path", required=action == "move", most=LONGEST_PATH) or ""
        if action in {"update", "delete", "move"}:
            known = params.text("last_commit_id", most=LONGEST_ID)
            check_unchanged(self.repository, branch, previous or path, known)
        executable = params.boolean("execute_filemode", required=action == "chmod")
        data = content(params, required=action in {"create", "update"})
        return Change(action, path, data, previous, executable)


def _actions(params: Params) -> list[Any]:
    asked = params.raw("actions")
    if not isinstance(asked, list) or not asked or len(asked) > MOST_CHANGES:
        raise ApiError(400, {"error": "actions is invalid"})
    return asked


class CommitDetail(RepositoryView):
    """One commit, by its id or by the name of a branch or tag. `stats=false` leaves the counts of lines out."""

    actions = {"GET": Action.READ_CODE}

    def get(self, request: Request, project: str, sha: str) -> Response:
        params = Params.of(request)
        known = self.access.project
        found = self.repository.commit(self.find(sha, "Commit").sha)
        shown = {**commit_json(found, known, request), "project_id": known.pk, "status": None, "last_pipeline": None}
        if params.boolean("stats") is not False:
            shown["stats"] = stats_json(self.repository, found)
        last = Pipeline.objects.filter(project=known, sha=found.sha).order_by("-id").first()
        if last is not None and may(request._request, Action.READ_PIPELINES, known):
            shown["last_pipeline"] = pipeline_json(last, known, request)
            shown["status"] = last.status
        return Response(shown)
