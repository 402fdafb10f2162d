"""One file of a repository, by REST: read, create, change, delete."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from api.operations import BINARY, operation
from api.rest import ApiError, no_route, not_found
from blobs import respond
from projects import services
from projects.api.repository_params import FileAtRef, FileDeletion, FileWriting, RawFileParams
from projects.api.repository_serializers import (
    FileSerializer,
    WrittenFileSerializer,
    describe_content,
    describe_file,
    file_headers,
)
from projects.api.views.code import TOO_LARGE, RepositoryView, large_file_response, raw_response
from projects.extensions.external_files import ExternalFile, find_external_file
from projects.repository import Change, Commit, FileTooLarge, InvalidChange, NoSuchFile, NoSuchRef, Ref, Repository
from projects.repository.blob_stream import check_streamed, sha256_of
from projects.repository.history import last_change
from tokenaccess.policy import Action, RefOperation

NO_BRANCH = "You can only create or edit files when you are on a branch"
NO_PUSH_INTO = "You are not allowed to push into this branch"
FILE_HAS_CHANGED = "You are attempting to update a file that has changed since you started editing it."


def author_of(params: dict[str, Any]) -> tuple[str, str] | None:
    """`author_name` and `author_email`, when somebody else wrote it."""
    name, email = params.get("author_name", ""), params.get("author_email", "")
    return (name, email) if name or email else None


def check_unchanged(repository: Repository, known: Mapping[str, str], base: str) -> None:
    """`known`: path → `last_commit_id`. Nobody has changed the files since, as of the commit `base`."""
    for path, commit_id in known.items():
        try:
            latest = last_change(repository, base, path)
        except NoSuchFile:
            continue  # the change itself says what is missing
        if not latest.startswith(commit_id):
            raise ApiError(400, FILE_HAS_CHANGED)


class File(RepositoryView):
    actions = {
        "GET": Action.BROWSE_CODE,
        "POST": Action.WRITE_CODE,
        "PUT": Action.WRITE_CODE,
        "DELETE": Action.WRITE_CODE,
    }

    @operation(FileAtRef, returns=FileSerializer)
    def get(self, request: Request, project: str, file_path: str, params: dict[str, Any]) -> HttpResponseBase:
        ref = self.find(params.get("ref"))
        data = self.data(ref, file_path)
        description = describe_file(self.repository, ref, file_path, data)
        body = {**description, "content": base64.b64encode(data).decode()}
        return Response(body, headers=file_headers(description))

    def data(self, ref: Ref, path: str) -> bytes:
        try:
            return self.repository.blob(ref.sha, path)
        except FileTooLarge:
            raise ApiError(413, TOO_LARGE) from None
        except NoSuchFile:
            # Above a file of that name GitLab has an address that there is none of here.
            raise no_route() if path.endswith("/blame") else not_found("File") from None

    @operation(FileWriting, returns=WrittenFileSerializer)
    def post(self, request: Request, project: str, file_path: str, params: dict[str, Any]) -> Any:
        return self.write("create", file_path, params)

    @operation(FileWriting, returns=WrittenFileSerializer)
    def put(self, request: Request, project: str, file_path: str, params: dict[str, Any]) -> Any:
        return self.write("update", file_path, params)

    @operation(FileDeletion)
    def delete(self, request: Request, project: str, file_path: str, params: dict[str, Any]) -> None:
        self.write("delete", file_path, params)

    def write(self, action: str, path: str, params: dict[str, Any]) -> dict[str, str]:
        branch = params["branch"]
        if not self.is_allowed(RefOperation.PUSH, branch):
            raise ApiError(400, NO_PUSH_INTO)
        known = {path: params["last_commit_id"]} if "last_commit_id" in params else {}
        commit(
            self,
            branch=branch,
            changes=[Change(action, path, params.get("content"), executable=params.get("execute_filemode"))],
            message=params["commit_message"],
            start=params.get("start_branch") or params.get("start_sha"),
            author=author_of(params),
            check=partial(check_unchanged, self.repository, known),
        )
        return {"file_path": path, "branch": branch}


class RawFile(RepositoryView):
    """`/raw` after a file's path: its bytes."""

    actions = {"GET": Action.READ_CODE}

    @operation(RawFileParams, returns=BINARY, media_type="application/octet-stream")
    def get(self, request: Request, project: str, file_path: str, params: dict[str, Any]) -> HttpResponseBase:
        ref = self.find(params.get("ref"))
        try:
            blob_id = self.repository.blob_id(ref.sha, file_path)
            if size := check_streamed(self.repository, blob_id):
                return self.stream(request, ref, file_path, blob_id, size)
            data = self.repository.blob(ref.sha, file_path)
        except FileTooLarge:
            raise ApiError(413, TOO_LARGE) from None
        except NoSuchFile:
            raise not_found("File") from None
        outside = find_external_file(self.access.project, data) if params["lfs"] else None
        if outside is not None:
            return _send_outside(request, outside, file_path)
        return raw_response(data, file_path, **file_headers(describe_file(self.repository, ref, file_path, data)))

    def stream(self, request: Request, ref: Ref, path: str, blob_id: str, size: int) -> HttpResponseBase:
        """Read twice: its digest is a header."""
        known = describe_content(self.repository, ref, path, size, sha256_of(self.repository, blob_id))
        return large_file_response(request, self.repository, blob_id, size, path, **file_headers(known))


def _send_outside(request: Request, file: ExternalFile, path: str) -> HttpResponseBase:
    if not file.sha256:
        raise not_found()
    return respond.send(request._request, sha256=file.sha256, size=file.size, name=path.rpartition("/")[2])


def commit(view: RepositoryView, **what: Any) -> Commit:
    """services.commit_files, its refusals in REST's words."""
    try:
        return services.commit_files(view.access.project, by=view.current_user, **what)
    except NoSuchRef:
        raise ApiError(400, NO_BRANCH) from None
    except InvalidChange as error:
        raise ApiError(400, str(error)) from None
