"""One file of a repository, by REST: read, create, change, delete."""

from __future__ import annotations

import base64
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from config.params import Params
from config.rest import ApiError, created, no_content, not_found
from projects import services
from projects.api.code_shapes import file_headers, file_json
from projects.api.views.code import LONGEST_REF, RepositoryView, content, raw
from projects.history import last_change
from projects.repository import BadChange, Change, Commit, NoSuchFile, NoSuchRef, Ref, Repository
from tokenaccess.drf import let_in
from tokenaccess.policy import Action, Deed
from tokenaccess.reference import Reference

LONGEST_NAME = 255
NO_BRANCH = "You can only create or edit files when you are on a branch"
NO_PUSH_INTO = "You are not allowed to push into this branch"
CHANGED = "You are attempting to update a file that has changed since you started editing it."


def author(params: Params) -> tuple[str, str] | None:
    """`author_name` and `author_email`, when somebody else wrote it."""
    name = params.text("author_name", most=LONGEST_NAME)
    email = params.text("author_email", most=LONGEST_NAME)
    return (name or "", email or "") if name or email else None


def check_unchanged(repository: Repository, branch: str, path: str, known: str | None) -> None:
    """`last_commit_id`: nobody has changed the file since that commit."""
    if known is None:
        return
    try:
        latest = last_change(repository, repository.find(branch).sha, path)
    except (NoSuchRef, NoSuchFile):
        return  # the change itself says what is missing
    if not latest.startswith(known):
        raise ApiError(400, CHANGED)


class File(RepositoryView):
    actions = {
        "GET": Action.BROWSE_CODE,
        "POST": Action.WRITE_CODE,
        "PUT": Action.WRITE_CODE,
        "DELETE": Action.WRITE_CODE,
    }

    def get(self, request: Request, project: str, file_path: str) -> HttpResponseBase:
        ref = self.ref(Params.of(request), required=True)
        data = self.data(ref, file_path)
        shown = file_json(self.repository, ref, file_path, data)
        body = {**shown, "content": base64.b64encode(data).decode()}
        return Response(body, headers=file_headers(shown))

    def data(self, ref: Ref, path: str) -> bytes:
        try:
            return self.repository.blob(ref.sha, path)
        except NoSuchFile:
            raise not_found("File") from None

    def post(self, request: Request, project: str, file_path: str) -> Response:
        return created(self._write(request, "create", file_path))

    def put(self, request: Request, project: str, file_path: str) -> Response:
        return Response(self._write(request, "update", file_path))

    def delete(self, request: Request, project: str, file_path: str) -> Response:
        params = Params.of(request)
        params.require("branch", "commit_message")
        self._commit(params, Change("delete", file_path))
        return no_content()

    def _write(self, request: Request, action: str, path: str) -> dict[str, Any]:
        params = Params.of(request)
        params.require("branch", "commit_message", "content")
        data = content(params, required=True)
        executable = params.boolean("execute_filemode")
        self._commit(params, Change(action, path, data, executable=executable))
        return {"file_path": path, "branch": params.text("branch")}

    def _commit(self, params: Params, change: Change) -> Commit:
        branch = params.text("branch", required=True, most=LONGEST_REF) or ""
        if not self.may(Deed.PUSH, branch):
            raise ApiError(400, NO_PUSH_INTO)
        known = params.text("last_commit_id", most=LONGEST_NAME)
        check_unchanged(self.repository, branch, change.path, known)
        return commit(
            self,
            branch=branch,
            changes=[change],
            message=params.text("commit_message", required=True) or "",
            start=params.text("start_branch", most=LONGEST_REF),
            author=author(params),
        )


class RawFile(File):
    """`/raw` after a file's path: its bytes. A file that is itself called `raw` answers by its own address."""

    actions = {**File.actions, "GET": Action.READ_CODE}

    def get(self, request: Request, project: str, file_path: str) -> HttpResponseBase:
        ref = self.ref(Params.of(request))
        try:
            data = self.repository.blob(ref.sha, file_path)
        except NoSuchFile:
            let_in(request._request, Action.BROWSE_CODE, Reference(id=self.access.project.pk))
            return super().get(request, project, f"{file_path}/raw")
        headers = file_headers(file_json(self.repository, ref, file_path, data))
        return raw(data, file_path, **headers)

    def post(self, request: Request, project: str, file_path: str) -> Response:
        return super().post(request, project, f"{file_path}/raw")

    def put(self, request: Request, project: str, file_path: str) -> Response:
        return super().put(request, project, f"{file_path}/raw")

    def delete(self, request: Request, project: str, file_path: str) -> Response:
        return super().delete(request, project, f"{file_path}/raw")


def commit(view: RepositoryView, **what: Any) -> Commit:
    """services.commit_files, its refusals in REST's words."""
    try:
        return services.commit_files(view.access.project, by=view.person, **what)
    except NoSuchRef:
        raise ApiError(400, NO_BRANCH) from None
    except BadChange as error:
        raise ApiError(400, str(error)) from None
