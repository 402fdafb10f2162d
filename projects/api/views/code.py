"""Folders and files of a repository, by REST. Which of these reads a job's token may do: job-token.md §7."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from rest_framework.request import Request
from rest_framework.response import Response

from api.operations import BINARY, operation
from api.rest import ApiError, not_found
from projects.api.repository_params import TreeParams
from projects.api.repository_serializers import BlobSerializer, EntrySerializer
from projects.api.tree_paging import TreePagination, read_page_token
from projects.protection import Protections
from projects.repository import Entry, FileTooLarge, NoSuchFile, NoSuchRef, Ref, Repository
from projects.repository.blob_stream import BlobStream, check_streamed
from projects.repository.git_command import GitOverLimit
from projects.repository.history import HistoryTooLong
from projects.repository.tree_walk import walk_tree
from projects.tree_browser import decode_text
from tokenaccess.access.gate import is_allowed_on_ref
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action, RefOperation

TOO_MUCH = "There is too much to look at."
TOO_LARGE = "The file is too large to be read here; use git."


class RepositoryView(GatedView):
    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, HistoryTooLong | GitOverLimit):
            exc = ApiError(422, TOO_MUCH)
        return super().handle_exception(exc)

    @cached_property
    def repository(self) -> Repository:
        return Repository(self.access.project.repository_path)

    @cached_property
    def protections(self) -> Protections:
        return Protections(self.access.project)

    def is_allowed(
        self, operation: RefOperation, name: str, *, tag: bool = False, action: Action = Action.WRITE_CODE
    ) -> bool:
        """Whether the caller may do that to this branch or tag, protected or not."""
        return is_allowed_on_ref(self.access, action, self.protections.context(name, operation=operation, tag=tag))

    def find(self, name: str | None, missing: str = "Commit") -> Ref:
        """The branch, tag or commit of that name; for None or HEAD, the default branch."""
        try:
            return self.repository.find(self.access.project.default_branch if name in {None, "HEAD"} else str(name))
        except NoSuchRef:
            raise not_found(missing) from None


def raw_response(data: bytes, path: str, **headers: str) -> HttpResponse:
    """A file's bytes, as plain text or else to be saved: a browser must never run them as ours."""
    is_text = decode_text(data).text is not None
    response = HttpResponse(data, content_type="text/plain; charset=utf-8" if is_text else "application/octet-stream")
    name = re.sub(r"[\x00-\x1f\x7f]", "_", path.rpartition("/")[2])
    response["Content-Disposition"] = content_disposition_header(not is_text, name) or "inline"
    for header, value in headers.items():
        response[header] = value
    return response


def large_file_response(
    request: Request, repository: Repository, blob_id: str, size: int, path: str, **headers: str
) -> HttpResponseBase:
    """As `raw_response`, of a file that is read while it is sent; always to be saved."""
    name = re.sub(r"[\x00-\x1f\x7f]", "_", path.rpartition("/")[2])
    sent = {
        "Content-Type": "application/octet-stream",
        "Content-Length": str(size),
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        **headers,
    }
    if request.method == "HEAD":
        return HttpResponse(headers=sent)
    return StreamingHttpResponse(BlobStream(repository, blob_id), headers=sent)


class Tree(RepositoryView):
    actions = {"GET": Action.BROWSE_CODE}
    pagination_class = TreePagination

    @operation(TreeParams, returns=EntrySerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> Iterator[Entry]:
        ref, path, recursive = self.find(params.get("ref"), "Tree"), params["path"].strip("/"), params["recursive"]
        try:
            entries = walk_tree(self.repository, ref.sha, path, recursive=recursive)
        except NoSuchFile:
            raise not_found("Tree") from None
        if "page_token" not in params:
            return entries
        try:
            return walk_tree(
                self.repository, ref.sha, path, recursive=recursive, after=read_page_token(params["page_token"])
            )
        except NoSuchFile:
            raise ApiError(400, {"error": "page_token is invalid"}) from None


class Blob(RepositoryView):
    """A file by the id of its content."""

    actions = {"GET": Action.BROWSE_CODE}

    @operation(returns=BlobSerializer)
    def get(self, request: Request, project: str, sha: str) -> Any:
        data = self.data(sha)
        return {"size": len(data), "encoding": "base64", "content": base64.b64encode(data).decode(), "sha": sha}

    def data(self, sha: str) -> bytes:
        try:
            return self.repository.blob_by_id(sha)
        except FileTooLarge:
            raise ApiError(413, TOO_LARGE) from None
        except NoSuchFile:
            raise not_found("Blob") from None


class RawBlob(Blob):
    @operation(returns=BINARY, media_type="application/octet-stream")
    def get(self, request: Request, project: str, sha: str) -> HttpResponseBase:
        try:
            size = check_streamed(self.repository, sha)
        except FileTooLarge:
            raise ApiError(413, TOO_LARGE) from None
        except NoSuchFile:
            raise not_found("Blob") from None
        if size:
            return large_file_response(request, self.repository, sha, size, sha)
        return raw_response(self.data(sha), sha)
