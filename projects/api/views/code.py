"""Folders and files of a repository, by REST. Which of these reads a job's token may do: job-token.md §7."""

from __future__ import annotations

import base64
import re
from functools import cached_property
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged
from config.params import Params
from config.rest import ApiError, not_found
from projects.api.code_shapes import blob_json, entry_json
from projects.browse import as_text
from projects.protection import Protections
from projects.repository import Entry, NoSuchFile, NoSuchRef, Ref, Repository
from tokenaccess.drf import GatedView
from tokenaccess.policy import Action, Deed
from tokenaccess.refs import may_touch

DEEPEST = 100
LONGEST_REF = 1024
LONGEST_PATH = 4096


class RepositoryView(GatedView):
    @cached_property
    def repository(self) -> Repository:
        return Repository(self.access.project.repository_path)

    @cached_property
    def protections(self) -> Protections:
        return Protections(self.access.project)

    def may(self, deed: Deed, name: str, *, tag: bool = False, action: Action = Action.WRITE_CODE) -> bool:
        """Whether the caller may do that to this branch or tag, protected or not."""
        return may_touch(self.access, action, self.protections.on(name, deed=deed, tag=tag))

    def ref(self, params: Params, name: str = "ref", *, required: bool = False, missing: str = "Commit") -> Ref:
        """The branch, tag or commit that `name` names; without it, or for HEAD, the default branch."""
        return self.find(params.text(name, required=required, most=LONGEST_REF), missing)

    def find(self, name: str | None, missing: str) -> Ref:
        try:
            return self.repository.find(self.access.project.default_branch if name in {None, "HEAD"} else str(name))
        except NoSuchRef:
            raise not_found(missing) from None


def raw(data: bytes, path: str, **headers: str) -> HttpResponse:
    """A file's bytes, as plain text or else to be saved: a browser must never run them as ours."""
    is_text = as_text(data).text is not None
    response = HttpResponse(data, content_type="text/plain; charset=utf-8" if is_text else "application/octet-stream")
    name = re.sub(r"[\x00-\x1f\x7f]", "_", path.rpartition("/")[2])
    response["Content-Disposition"] = content_disposition_header(not is_text, name) or "inline"
    for header, value in headers.items():
        response[header] = value
    return response


class Tree(RepositoryView):
    """`path`, `ref`, `recursive`."""

    actions = {"GET": Action.BROWSE_CODE}

    def get(self, request: Request, project: str) -> Response:
        params = Params.of(request)
        ref = self.ref(params, missing="Tree")
        path = (params.text("path", most=LONGEST_PATH) or "").strip("/")
        try:
            entries = self._below(ref, path, DEEPEST if params.boolean("recursive") else 1)
        except NoSuchFile:
            raise not_found("Tree") from None
        return paged(request, entries, entry_json)

    def _below(self, ref: Ref, path: str, depth: int) -> list[Entry]:
        found: list[Entry] = []
        for entry in self.repository.tree(ref.sha, path):
            found.append(entry)
            if entry.kind == "tree" and depth > 1:
                found += self._below(ref, entry.path, depth - 1)
        return found


class Blob(RepositoryView):
    """A file by the id of its content."""

    actions = {"GET": Action.BROWSE_CODE}

    def get(self, request: Request, project: str, sha: str) -> HttpResponseBase:
        return Response(blob_json(sha, self.data(sha)))

    def data(self, sha: str) -> bytes:
        try:
            return self.repository.blob_by_id(sha)
        except NoSuchFile:
            raise not_found("Blob") from None


class RawBlob(Blob):
    def get(self, request: Request, project: str, sha: str) -> HttpResponseBase:
        return raw(self.data(sha), sha)


def content(params: Params, *, required: bool) -> bytes | None:
    """`content`, in `encoding` text (the default) or base64."""
    if "content" not in params and not required:
        return None
    params.require("content")
    value: Any = params.raw("content")
    encoding = params.choice("encoding", ["text", "base64"]) or "text"
    try:
        if not isinstance(value, str):
            raise TypeError
        if encoding == "text":
            return value.encode()
        return base64.b64decode("".join(value.split()), validate=True)
    except (TypeError, ValueError):
        raise ApiError(400, {"error": "content is invalid"}) from None
