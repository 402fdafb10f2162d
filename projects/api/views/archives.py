"""A repository's files in one archive, by REST."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from api.operations import BINARY, operation
from api.rest import ApiError, not_found, too_many_requests
from projects.api.repository_params import ArchiveParams
from projects.api.views.code import RepositoryView
from projects.extensions.external_files import list_external_files
from projects.repository import NoSuchFile
from projects.repository.archives import DEFAULT, SUFFIXES, Archive, TooManyArchives, archive_name
from projects.repository.git_command import GitFailed, GitOverLimit
from projects.repository.smudging import MAX_BYTES
from projects.views.archives import LIMIT, TOO_LARGE, TOO_MANY, archive_response
from tokenaccess.policy import Action


class Archives(RepositoryView):
    """As `.tar.gz`."""

    actions = {"GET": Action.BROWSE_CODE}

    @operation(ArchiveParams, returns=BINARY, media_type="application/octet-stream")
    def get(self, request: Request, project: str, params: dict[str, Any]) -> HttpResponseBase:
        return self.answer(request, DEFAULT, params)

    def answer(self, request: Request, suffix: str, params: dict[str, Any]) -> HttpResponseBase:
        ref, path = self.find(params.get("sha"), "File"), params["path"].strip("/")
        name = archive_name(self.access.project.path, ref, path, with_sha=True)
        try:
            self.repository.check_path(ref.sha, path)
            asked = Archive(self.repository, ref, SUFFIXES[suffix], name, path, self.objects(params))
            return archive_response(request._request, asked)
        except GitOverLimit:
            raise ApiError(413, TOO_LARGE) from None
        except TooManyArchives:
            raise too_many_requests(TOO_MANY, LIMIT) from None
        except (NoSuchFile, GitFailed):
            raise not_found("File") from None

    def objects(self, params: dict[str, Any]) -> Mapping[str, Path]:
        return list_external_files(self.access.project, MAX_BYTES) if params["include_lfs_blobs"] else {}


class ArchivesBySuffix(Archives):
    """`suffix`: `tar.gz`, `tgz`, `gz`, `tar.bz2`, `tbz`, `tbz2`, `tb2`, `bz2`, `tar` or `zip`."""

    @operation(ArchiveParams, returns=BINARY, media_type="application/octet-stream")
    def get(self, request: Request, project: str, suffix: str, params: dict[str, Any]) -> HttpResponseBase:
        return self.answer(request, suffix, params)
