"""Artifacts by REST (resources.md §4): whole archives and single files out of them, by job or by ref and job name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase

from blobs import sending
from config.params import Params
from config.rest import ApiError, bad_request, forbidden, not_found
from jobs.api import shapes
from jobs.artifacts.access import may_read
from jobs.artifacts.archive import BadPath, NoSuchEntry, NotAnArchive, TooManyEntries
from jobs.artifacts.files import send_file
from jobs.artifacts.latest import latest_archive
from jobs.artifacts.types import ARCHIVE
from jobs.models import Job, JobArtifact
from jobs.services import artifacts as services
from tokenaccess.load import settings_of
from tokenaccess.plain import ApiRequest, api_view, json_response
from tokenaccess.policy import Action


@api_view(GET=Action.READ_JOBS, DELETE=Action.DELETE_ARTIFACTS)
def of_job(request: ApiRequest, project: str, job: int) -> HttpResponseBase:
    if request.method == "DELETE":
        services.delete_artifacts(_job(request, job), by=_person(request))
        return HttpResponse(status=204)
    return _send(request, _archive_of(request, job))


@api_view(GET=Action.READ_JOBS)
def file_of_job(request: ApiRequest, project: str, job: int, path: str) -> HttpResponseBase:
    return _send_file(request, lambda: _archive_of(request, job), path)


@api_view(GET=Action.READ_JOBS)
def by_ref(request: ApiRequest, project: str, ref: str) -> HttpResponseBase:
    return _send(request, _latest(request, ref))


@api_view(GET=Action.READ_JOBS)
def file_by_ref(request: ApiRequest, project: str, ref: str, path: str) -> HttpResponseBase:
    return _send_file(request, lambda: _latest(request, ref), path)


@api_view(POST=Action.KEEP_ARTIFACTS)
def keep(request: ApiRequest, project: str, job: int) -> HttpResponse:
    if not services.keep_artifacts(_job(request, job), by=_person(request)):
        raise not_found()
    kept, place = _job(request, job), request.access.project
    return json_response(shapes.job(kept, place, limited=settings_of(place).limits_outbound))


@api_view(DELETE=Action.DELETE_ARTIFACTS)
def of_project(request: ApiRequest, project: str) -> HttpResponse:
    """Their time is over now; the latest of each ref stay."""
    services.expire_all(request.access.project, by=_person(request))
    return json_response({"message": "202 Accepted"}, 202)


def _project_id(request: ApiRequest) -> int:
    assert request.access.facts.target is not None
    return request.access.facts.target.id


def _person(request: ApiRequest) -> Any:
    """Keeping and deleting are for signed-in people only."""
    assert request.access.user is not None
    return request.access.user


def _job(request: ApiRequest, pk: int) -> Job:
    found = Job.objects.for_display().filter(project=_project_id(request), pk=pk).first()
    if found is None:
        raise Http404
    return found


def _archive_of(request: ApiRequest, job: int) -> JobArtifact:
    of_project = Job.objects.filter(pk=job, project=_project_id(request))
    found = JobArtifact.objects.readable().filter(job__in=of_project, file_type=ARCHIVE).first()
    if found is None and not of_project.exists():
        raise Http404
    return _admitted(request, found)


def _latest(request: ApiRequest, ref: str) -> JobArtifact:
    name = Params(request.GET).text("job", required=True)
    usable = name is not None and "\0" not in ref and len(ref) <= 1024
    return _admitted(request, latest_archive(_project_id(request), ref, name) if usable and name else None)


def _admitted(request: ApiRequest, found: JobArtifact | None) -> JobArtifact:
    if found is None:
        raise not_found()
    if not may_read(found.access, request.access.caller, request.access.facts):
        raise forbidden()
    return found


def _send(request: ApiRequest, found: JobArtifact) -> HttpResponseBase:
    return sending.send(request, sha256=found.sha256, size=found.size, name=found.filename)


def _send_file(request: ApiRequest, find: Callable[[], JobArtifact], path: str) -> HttpResponseBase:
    try:
        return send_file(request, find(), path)
    except BadPath:
        raise ApiError(400, "400 Bad request") from None
    except (NoSuchEntry, NotAnArchive):
        raise not_found() from None
    except TooManyEntries:
        raise bad_request("The archive has too many files to look into") from None
