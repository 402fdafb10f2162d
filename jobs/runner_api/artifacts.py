"""Upload and download of artifacts by runners (runner.md §3.4)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from api.operations import describe
from api.rest import ApiError, bad_request, forbidden, not_found
from blobs import respond
from blobs.receive import receive_form
from blobs.store import TemporaryBlob
from identity.credentials import request as credentials
from identity.credentials.resolve import BadCredential, CsrfFailure
from identity.credentials.table import CredentialKind
from jobs.artifacts import archive, reports, services
from jobs.artifacts.access import may_read
from jobs.artifacts.gzip_stream import MAGIC
from jobs.artifacts.types import ARCHIVE, FORMATS, GZIP, ZIP, default_filename
from jobs.models import Job, JobArtifact, Pipeline
from jobs.pipelines.chains import same_family
from jobs.runner_api import operations
from jobs.runner_api.auth import JobView
from tokenaccess.access.gate import check, check_in_own_run
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.request_state import record_access
from tokenaccess.access.result import Access, AccessDenied
from tokenaccess.adapters.drf import to_api_error
from tokenaccess.adapters.plain import error_response
from tokenaccess.policy import Action
from tokenaccess.policy.needs import NEEDS

ABSENT_JOB = (0, 0)  # ids of project and pipeline


class Upload(JobView):
    """POST with one part `file`, of unknown length; the query describes it. Answers 201, also to repeated uploads."""

    def parameters(self, request: HttpRequest) -> dict[str, Any]:
        return request.GET.dict()  # the body is the file

    @describe(operations.UPLOAD_ARTIFACTS)
    def post(self, request: HttpRequest, job_id: int) -> HttpResponse:
        file_type = self._choice("artifact_type", FORMATS, ARCHIVE)
        file_format = self._choice("artifact_format", set(FORMATS.values()), FORMATS[file_type])
        if file_format != FORMATS[file_type]:
            raise ApiError(400, {"message": {"file_format": ["Invalid file format with specified file type"]}})
        try:
            expires_at = services.expiry_time(str(self.params.get("expire_in", "")), timezone.now())
        except services.InvalidDuration:
            raise ApiError(400, {"error": "expire_in is invalid"}) from None
        try:
            with receive_form(request, "file", max_bytes=settings.ARTIFACT_BYTES) as form:
                services.store_artifact(
                    job=self.job,
                    file_type=file_type,
                    file_format=file_format,
                    filename=_plain_filename(form.filename) or default_filename(file_type),
                    upload=form.file,
                    expires_at=expires_at,
                    report=verify_and_parse(file_type, form.file),
                )
        except services.DuplicateArtifact:
            raise bad_request("another artifact of the same type already exists") from None
        except services.JobNotRunning:  # it ended during the upload
            self.identify(request, job_id=job_id)
            raise forbidden() from None
        return HttpResponse(b"201", status=201, content_type="application/json")

    def _choice(self, name: str, choices: Any, default: str) -> str:
        value = self.params.get(name) or default
        if value not in choices:
            raise ApiError(400, {"error": f"{name} does not have a valid value"})
        return str(value)


def verify_and_parse(file_type: str, upload: TemporaryBlob) -> Any:
    """Check that the file has the format of its type, and return the content of a report."""
    kind = FORMATS[file_type]
    try:
        if kind == ZIP:
            archive.check_archive(upload.path)
        elif kind == GZIP and not _is_gzip(upload):
            raise bad_request("The file is not gzip")
        return reports.parse_report(file_type, upload.path)
    except archive.NotAnArchive:
        raise bad_request("The file is not a zip archive") from None
    except reports.UnusableReport as error:
        raise bad_request(str(error)) from error


def _is_gzip(upload: TemporaryBlob) -> bool:
    with upload.path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _plain_filename(name: str) -> str:
    """A plain file name made of whatever was sent; may be empty."""
    base = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(character for character in base if character.isprintable()).strip()[-255:]
    return plain if plain.strip(".") else ""


@csrf_exempt
def download(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """The archive of `job_id`, for the token of another job: it must be running and may read the project. For all other
    callers the artifact does not exist.

    A job of the same pipeline, or of its parent or child pipelines, gets it whatever the artifact's `access` is, as its
    CI file says.
    """
    try:
        if request.method not in {"GET", "HEAD"}:
            raise ApiError(405, "405 Method Not Allowed")
        project_id, pipeline_id = _project_and_pipeline(job_id) if _has_job_token(request) else ABSENT_JOB
        access = _authorize(request, project_id, pipeline_id)
        found = JobArtifact.objects.readable().filter(job=job_id, file_type=ARCHIVE).first()
        if found is None:
            raise not_found()
        if not may_read(found.access, access.caller, access.facts) and not _of_same_family(access, pipeline_id):
            raise forbidden()
        return respond.send(
            request, sha256=found.sha256, size=found.size, name=found.filename, modified=found.created_at
        )
    except (AccessDenied, BadCredential, CsrfFailure) as no:
        return error_response(to_api_error(no))
    except Exception as error:
        return error_response(error)


download.actions = {"GET": Action.READ_JOBS}  # type: ignore[attr-defined]
download.operations = {"GET": operations.DOWNLOAD_ARTIFACTS}  # type: ignore[attr-defined]


def _authorize(request: HttpRequest, project_id: int, pipeline_id: int) -> Access:
    """The artifacts of earlier jobs are what a runner fetches before the job starts, whatever that left of its token.

    Raises AccessDenied, BadCredential.
    """
    access = check(request, Action.READ_JOBS, IdOrPath("id", project_id))
    is_own = access.job is not None and access.job.project_id == project_id
    if is_own and _of_same_family(access, pipeline_id):
        access = check_in_own_run(access)
    record_access(request, access)
    if access.decision.reason is not None:
        raise AccessDenied(access)
    return access


def _has_job_token(request: HttpRequest) -> bool:
    credential = credentials.find(request, needs=NEEDS[Action.READ_OWN_JOB])
    return credential is not None and credential.kind == CredentialKind.JOB


def _project_and_pipeline(job_id: int) -> tuple[int, int]:
    """The ids of the job's project and pipeline, or ABSENT_JOB.

    For an absent job the nearest earlier one is read instead, so that both cases do the same work.
    """
    nearest = Job.objects.filter(pk__lte=job_id).order_by("-pk").values_list("pk", "project_id", "pipeline_id").first()
    found, *place = nearest or (0, *ABSENT_JOB)
    return (place[0], place[1]) if found == job_id else ABSENT_JOB


def _of_same_family(access: Access, pipeline_id: int) -> bool:
    if access.job is None:
        return False
    own = Pipeline.objects.filter(jobs=access.job.id).first()
    if own is None or own.pk == pipeline_id:
        return own is not None
    other = Pipeline.objects.filter(pk=pipeline_id).first()
    return other is not None and same_family(own, other)
