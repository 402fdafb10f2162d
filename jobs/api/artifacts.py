"""Artifacts by REST (resources.md §4): whole archives and single files out of them, by job or by ref and job name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from api.input.parameters import query_parameters
from api.operations import BINARY, Operation, operation
from api.rest import ApiError, bad_request, forbidden, not_found
from api.serializers import MessageSerializer
from blobs import respond
from blobs.models import path_of
from jobs.api.params.pipelines import MAX_REF, ArtifactTreeParams, LatestArtifactParams
from jobs.api.serializers.jobs import ArtifactRowSerializer, JobSerializer
from jobs.artifacts import services
from jobs.artifacts.access import may_read
from jobs.artifacts.archive import (
    MAX_TREE_ROWS,
    Archive,
    ArchiveRow,
    BadPath,
    NoSuchEntry,
    NotAnArchive,
    TooManyEntries,
)
from jobs.artifacts.files import send_file
from jobs.artifacts.latest import latest_archive
from jobs.artifacts.types import ARCHIVE
from jobs.models import Job, JobArtifact
from tokenaccess.access.result import Access
from tokenaccess.adapters.drf import GatedView
from tokenaccess.adapters.plain import ApiRequest, api_view, json_response
from tokenaccess.policy import Action

FILE = Operation(returns=BINARY, media_type="application/octet-stream")
FILE_OF_REF = Operation(LatestArtifactParams, BINARY, media_type="application/octet-stream")
KEPT = Operation(returns=JobSerializer, status=200)
TOO_MANY = "The archive has too many files to look into"
EXPIRED = Operation(returns=MessageSerializer, status=202)


@api_view(GET=Action.READ_JOBS, DELETE=Action.DELETE_ARTIFACTS, operations={"GET": FILE, "DELETE": Operation()})
def of_job(request: ApiRequest, project: str, job: int) -> HttpResponseBase:
    if request.method == "DELETE":
        services.delete_artifacts(_job(request, job), by=request.access.current_user)
        return HttpResponse(status=204)
    return _send(request, _archive_of(request, job))


@api_view(GET=Action.READ_JOBS, operations={"GET": FILE})
def file_of_job(request: ApiRequest, project: str, job: int, path: str) -> HttpResponseBase:
    return _send_file(request, lambda: _archive_of(request, job), path)


class ArtifactTree(GatedView):
    """The files and folders of the archive, as far as their names stay in it."""

    actions = {"GET": Action.READ_JOBS}

    @operation(ArtifactTreeParams, returns=ArtifactRowSerializer, many=True)
    def get(self, request: Request, project: str, job: int, params: dict[str, Any]) -> list[ArchiveRow]:
        archive, path = _archive_of(self, job), params.get("path", "").removesuffix("/")
        try:
            with Archive(path_of(archive.sha256)) as opened:
                return opened.tree(path) if params["recursive"] else opened.folder(path, max_rows=MAX_TREE_ROWS).rows
        except BadPath:
            raise ApiError(400, "400 Bad request") from None
        except (NoSuchEntry, NotAnArchive):
            raise not_found() from None
        except TooManyEntries:
            raise bad_request(TOO_MANY) from None


@api_view(GET=Action.READ_JOBS, operations={"GET": FILE_OF_REF})
def by_ref(request: ApiRequest, project: str, ref: str) -> HttpResponseBase:
    return _send(request, _latest(request, ref))


@api_view(GET=Action.READ_JOBS, operations={"GET": FILE_OF_REF})
def file_by_ref(request: ApiRequest, project: str, ref: str, path: str) -> HttpResponseBase:
    return _send_file(request, lambda: _latest(request, ref), path)


@api_view(POST=Action.KEEP_ARTIFACTS, operations={"POST": KEPT})
def keep(request: ApiRequest, project: str, job: int) -> HttpResponse:
    if not services.keep_artifacts(_job(request, job), by=request.access.current_user):
        raise not_found()
    return json_response(JobSerializer().render(_job(request, job)))


@api_view(DELETE=Action.DELETE_ARTIFACTS, operations={"DELETE": EXPIRED})
def of_project(request: ApiRequest, project: str) -> HttpResponse:
    """Their time is over now; the latest of each ref stay."""
    services.expire_project_artifacts(request.access.project, by=request.access.current_user)
    return json_response({"message": "202 Accepted"}, 202)


class HasAccess(Protocol):
    """A request that was admitted, or a view that holds its access."""

    @property
    def access(self) -> Access: ...


def _project_id(request: HasAccess) -> int:
    assert request.access.facts.target is not None
    return request.access.facts.target.id


def _job(request: ApiRequest, pk: int) -> Job:
    found = Job.objects.for_display().filter(project=_project_id(request), pk=pk).first()
    if found is None:
        raise Http404
    return found


def _archive_of(request: HasAccess, job: int) -> JobArtifact:
    of_project = Job.objects.filter(pk=job, project=_project_id(request))
    found = JobArtifact.objects.readable().filter(job__in=of_project, file_type=ARCHIVE).first()
    if found is None and not of_project.exists():
        raise Http404
    return _check_readable(request, found)


def _latest(request: ApiRequest, ref: str) -> JobArtifact:
    name = LatestArtifactParams.read_values(query_parameters(request))["job"]
    usable = "\0" not in ref and len(ref) <= MAX_REF
    return _check_readable(request, latest_archive(_project_id(request), ref, name) if usable else None)


def _check_readable(request: HasAccess, found: JobArtifact | None) -> JobArtifact:
    if found is None:
        raise not_found()
    if not may_read(found.access, request.access.caller, request.access.facts):
        raise forbidden()
    return found


def _send(request: ApiRequest, found: JobArtifact) -> HttpResponseBase:
    return respond.send(request, sha256=found.sha256, size=found.size, name=found.filename, modified=found.created_at)


def _send_file(request: ApiRequest, find: Callable[[], JobArtifact], path: str) -> HttpResponseBase:
    try:
        return send_file(request, find(), path)
    except BadPath:
        raise ApiError(400, "400 Bad request") from None
    except (NoSuchEntry, NotAnArchive):
        raise not_found() from None
    except TooManyEntries:
        raise bad_request(TOO_MANY) from None
