"""Artifacts between a runner and us: it brings what a job left, and fetches what earlier ones left (runner.md §3.4)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from blobs import sending
from blobs.store import Incoming, TooLarge, let_go
from blobs.uploads import Truncated, blocks_of, promised_length
from config.rest import ApiError, bad_request, forbidden, not_found
from identity import credentials
from jobs.artifacts import archive, reports
from jobs.artifacts.access import may_read
from jobs.artifacts.members import MAGIC
from jobs.artifacts.types import ARCHIVE, FORMATS, GZIP, ZIP, default_name
from jobs.models import Job, JobArtifact
from jobs.runner_api import multipart
from jobs.runner_api.auth import JobView
from jobs.services import artifacts as services
from tokenaccess.drf import let_in
from tokenaccess.gate import Access
from tokenaccess.plain import told
from tokenaccess.policy import Action
from tokenaccess.reference import Reference

TOO_LARGE = "413 Request Entity Too Large"
NOWHERE = (0, 0)  # no project, no pipeline


class Upload(JobView):
    """POST with one part `file`, of unknown length; what it is stands in the query. 201, however often it is sent."""

    def parameters(self, request: HttpRequest) -> dict[str, Any]:
        return request.GET.dict()  # the body is the file

    def post(self, request: HttpRequest, job_id: int) -> HttpResponse:
        file_type = self._choice("artifact_type", FORMATS, ARCHIVE)
        file_format = self._choice("artifact_format", set(FORMATS.values()), FORMATS[file_type])
        if file_format != FORMATS[file_type]:
            raise ApiError(400, {"message": {"file_format": ["Invalid file format with specified file type"]}})
        try:
            expires_at = services.expiry(str(self.params.get("expire_in", "")), timezone.now())
        except services.BadDuration:
            raise ApiError(400, {"error": "expire_in is invalid"}) from None
        most = settings.ARTIFACT_BYTES
        if most and (promised_length(request) or 0) > most + multipart.MOST_AROUND:
            raise ApiError(413, TOO_LARGE)
        sha256 = ""
        try:
            with Incoming(most=most) as incoming:
                filename = receive(request, incoming)
                sha256 = incoming.digests["sha256"]
                services.store_artifact(
                    job=self.job,
                    file_type=file_type,
                    file_format=file_format,
                    filename=_clean(filename) or default_name(file_type),
                    incoming=incoming,
                    expires_at=expires_at,
                    report=checked(file_type, incoming),
                )
        except services.Duplicate:
            let_go([sha256])
            raise bad_request("another artifact of the same type already exists") from None
        except services.JobIsOver:
            let_go([sha256])
            status = Job.objects.values_list("status", flat=True).get(pk=job_id)
            raise ApiError(403, "403 Forbidden - Job is not processing on runner", {"Job-Status": status}) from None
        return HttpResponse(b"201", status=201, content_type="application/json")

    def _choice(self, name: str, choices: Any, default: str) -> str:
        value = self.params.get(name) or default
        if value not in choices:
            raise ApiError(400, {"error": f"{name} does not have a valid value"})
        return str(value)


def receive(request: HttpRequest, incoming: Incoming) -> str:
    """The file's name as sent."""
    try:
        return multipart.receive(request.META.get("CONTENT_TYPE", ""), blocks_of(request), incoming)
    except TooLarge as error:
        raise ApiError(413, TOO_LARGE) from error
    except (Truncated, multipart.BadBody) as error:
        raise bad_request(str(error)) from error


def checked(file_type: str, incoming: Incoming) -> Any:
    """What the report says, once the file is what it claims to be."""
    kind = FORMATS[file_type]
    try:
        if kind == ZIP:
            archive.check(incoming.path)
        elif kind == GZIP and not _is_gzip(incoming):
            raise bad_request("The file is not gzip")
        return reports.read(file_type, incoming.path)
    except archive.NotAnArchive:
        raise bad_request("The file is not a zip archive") from None
    except reports.Unusable as error:
        raise bad_request(str(error)) from error


def _is_gzip(incoming: Incoming) -> bool:
    with incoming.path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _clean(name: str) -> str:
    """A plain file name, whatever was sent."""
    base = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(character for character in base if character.isprintable()).strip()[-255:]
    return plain if plain.strip(".") else ""


@csrf_exempt
def download(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """The archive of `job_id`, for another job's token: that job must run, and be let in to the project. To whoever
    comes otherwise there is nothing here.

    A later job of the same pipeline is handed what its file says, whatever the artifacts' `access`.
    """
    try:
        if request.method not in {"GET", "HEAD"}:
            raise ApiError(405, "405 Method Not Allowed")
        project_id, pipeline_id = _place_of(job_id) if _comes_as_job(request) else NOWHERE
        access = let_in(request, Action.READ_JOBS, Reference(id=project_id))
        found = JobArtifact.objects.readable().filter(job=job_id, file_type=ARCHIVE).first()
        if found is None:
            raise not_found()
        if not _of_same_pipeline(access, pipeline_id) and not may_read(found.access, access.caller, access.facts):
            raise forbidden()
        return sending.send(request, sha256=found.sha256, size=found.size, name=found.filename)
    except Exception as error:
        return told(error)


download.actions = {"GET": Action.READ_JOBS}  # type: ignore[attr-defined]


def _comes_as_job(request: HttpRequest) -> bool:
    credential = credentials.find(request, takes_jobs=True)
    return credential is not None and credential.kind is credentials.Kind.JOB


def _place_of(job_id: int) -> tuple[int, int]:
    """The ids of the job's project and pipeline; NOWHERE for no such job, by the same work: the nearest earlier one is
    read in its place."""
    nearest = Job.objects.filter(pk__lte=job_id).order_by("-pk").values_list("pk", "project_id", "pipeline_id").first()
    found, *place = nearest or (0, *NOWHERE)
    return (place[0], place[1]) if found == job_id else NOWHERE


def _of_same_pipeline(access: Access, pipeline_id: int) -> bool:
    asking = access.job
    return asking is not None and Job.objects.filter(pk=asking.id, pipeline=pipeline_id).exists()
