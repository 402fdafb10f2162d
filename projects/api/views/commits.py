"""Commits, by REST."""

from __future__ import annotations

from functools import partial
from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.paging import UncountedPagination
from api.rest import forbidden
from projects.api.repository_params import CommitFilters, CommitParams, NewCommit
from projects.api.repository_serializers import CommitDetailSerializer, CommitWithStatsSerializer
from projects.api.views.code import RepositoryView
from projects.api.views.files import NO_PUSH_INTO, author_of, check_unchanged, commit
from projects.repository import Change, Commit
from projects.repository.history import History, HistoryQuery
from tokenaccess.policy import Action, RefOperation


class CommitList(RepositoryView):
    actions = {"GET": Action.BROWSE_CODE, "POST": Action.WRITE_CODE}
    pagination_class = UncountedPagination

    @operation(CommitFilters, returns=CommitWithStatsSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> History | list[Commit]:
        if "ref_name" not in params and self.repository.is_empty():
            return []
        query = HistoryQuery(
            path=params["path"].strip("/"),
            since=params.get("since"),
            until=params.get("until"),
            author=params["author"],
            every_ref=params["all"],
            first_parent=params["first_parent"],
            topological=params["order"] == "topo",
        )
        return History(self.repository, self.find(params.get("ref_name")).sha, query)

    @operation(NewCommit, returns=CommitWithStatsSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> Commit:
        """One commit of many `actions`, all of them or none."""
        operation = RefOperation.FORCE_PUSH if params["force"] else RefOperation.PUSH
        if not self.is_allowed(operation, params["branch"]):
            raise forbidden(NO_PUSH_INTO)
        known = {
            asked["previous_path"] or asked["file_path"]: asked["last_commit_id"]
            for asked in params["actions"]
            if asked["action"] in {"update", "delete", "move"} and "last_commit_id" in asked
        }
        return commit(
            self,
            branch=params["branch"],
            changes=[_change(asked) for asked in params["actions"]],
            message=params["commit_message"],
            start=params.get("start_branch") or params.get("start_sha"),
            author=author_of(params),
            force=params["force"],
            check=partial(check_unchanged, self.repository, known),
        )


def _change(asked: dict[str, Any]) -> Change:
    return Change(
        asked["action"],
        asked["file_path"],
        asked.get("content"),
        asked["previous_path"],
        asked.get("execute_filemode"),
    )


class CommitDetail(RepositoryView):
    """One commit, by its id or by the name of a branch or tag."""

    actions = {"GET": Action.READ_CODE}

    @operation(CommitParams, returns=CommitDetailSerializer)
    def get(self, request: Request, project: str, sha: str, params: dict[str, Any]) -> Commit:
        return self.repository.commit(self.find(sha).sha)
