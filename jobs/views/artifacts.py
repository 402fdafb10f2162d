"""Pages of the artifacts of a job: browse, download, keep, delete."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from blobs import respond
from jobs.artifacts import services
from jobs.artifacts.access import may_read
from jobs.artifacts.archive import Archive, BadPath, Folder, NoSuchEntry, NotAnArchive, TooManyEntries
from jobs.artifacts.files import send_file
from jobs.artifacts.types import ARCHIVE
from jobs.models import Job, JobArtifact
from jobs.views.artifact_reports import job_artifacts
from pages.frame import render_page
from projects import tree_browser
from tokenaccess.adapters.pages import PageRequest, form_page, requires
from tokenaccess.policy import Action


def _job(request: PageRequest, pk: int) -> Job:
    return get_object_or_404(Job.objects.for_display(), project=request.access.project, pk=pk)


def _artifact(request: PageRequest, job: Job, file_type: str = ARCHIVE) -> JobArtifact:
    artifact = next((artifact for artifact in job.artifacts.all() if artifact.file_type == file_type), None)
    if artifact is None or not artifact.is_readable:  # type: ignore[attr-defined]
        raise Http404
    if not may_read(artifact.access, request.access.caller, request.access.facts):
        raise PermissionDenied(_("The CI file does not give your role access to these artifacts."))
    return artifact


def _archive_context(request: PageRequest, job: Job, path: str) -> dict[str, Any]:
    parts = path.split("/") if path else []
    above = [(name, "/".join(parts[: number + 1])) for number, name in enumerate(parts)]
    return {
        "job": job,
        "artifacts": job_artifacts(request, job),
        "path": path,
        "above": above,
        "name": parts[-1] if parts else "",
    }


@requires(Action.READ_JOBS)
@require_safe
def folder(request: PageRequest, project_path: str, job_id: int, path: str = "") -> HttpResponse:
    """One folder of the archive; the top one without a path."""
    job = _job(request, job_id)
    archive = _artifact(request, job)
    rows, too_many = Folder([], 0), False
    try:
        with Archive(_path(archive)) as opened:
            rows = opened.folder(path)
    except TooManyEntries:
        too_many = True
    except (BadPath, NoSuchEntry, NotAnArchive):
        raise Http404 from None
    context = {**_archive_context(request, job, path), "archive": archive, "folder": rows, "too_many": too_many}
    return render_page(request, "jobs/artifacts.html", context, nav="project_jobs")


@requires(Action.READ_JOBS)
@require_safe
def file(request: PageRequest, project_path: str, job_id: int, path: str) -> HttpResponse:
    """The text of a file with line numbers, escaped and never rendered."""
    job = _job(request, job_id)
    archive = _artifact(request, job)
    try:
        with Archive(_path(archive)) as opened:
            entry = opened.open(path)
            small = entry.is_text and entry.size <= tree_browser.MAX_TEXT_BYTES
            text = tree_browser.decode_text(entry.head(tree_browser.MAX_TEXT_BYTES)) if small else None
            size = entry.size
    except (BadPath, NoSuchEntry, NotAnArchive, TooManyEntries):
        raise Http404 from None
    context = {**_archive_context(request, job, path), "archive": archive, "file": text, "size": size}
    return render_page(request, "jobs/artifact_file.html", context, nav="project_jobs")


@requires(Action.READ_JOBS)
@require_safe
def raw(request: PageRequest, project_path: str, job_id: int, path: str) -> HttpResponseBase:
    """Downloads one file."""
    try:
        return send_file(request, _artifact(request, _job(request, job_id)), path)
    except (BadPath, NoSuchEntry, NotAnArchive, TooManyEntries):
        raise Http404 from None


@requires(Action.READ_JOBS)
@require_safe
def download(request: PageRequest, project_path: str, job_id: int) -> HttpResponseBase:
    """The whole archive, or the report that `?file_type=` names."""
    artifact = _artifact(request, _job(request, job_id), request.GET.get("file_type", ARCHIVE))
    return respond.send(
        request, sha256=artifact.sha256, size=artifact.size, name=artifact.filename, modified=artifact.created_at
    )


@requires(Action.KEEP_ARTIFACTS)
@require_POST
def keep(request: PageRequest, project_path: str, job_id: int) -> HttpResponse:
    job = _job(request, job_id)
    person = request.access.user
    assert person is not None  # the action is for signed-in people
    if services.keep_artifacts(job, by=person):
        messages.success(
            request, _("The artifacts of job #%(pk)s are kept until someone deletes them.") % {"pk": job_id}
        )
    else:
        messages.error(request, _("Job #%(pk)s has no artifacts any more.") % {"pk": job_id})
    return redirect("project_job", job.project.full_path, job.pk)


@requires(Action.DELETE_ARTIFACTS)
@form_page
def delete(request: PageRequest, project_path: str, job_id: int) -> HttpResponse:
    """Asks for confirmation on a page of its own, because this cannot be undone."""
    job = _job(request, job_id)
    person = request.access.user
    if request.method == "POST":
        assert person is not None  # the action is for signed-in people
        if services.delete_artifacts(job, by=person):
            messages.success(request, _("Artifacts of job #%(pk)s deleted.") % {"pk": job_id})
        return redirect("project_job", job.project.full_path, job.pk)
    stored = [artifact for artifact in job.artifacts.all() if artifact.blob_id]
    if not stored:
        raise Http404
    context = {
        **_archive_context(request, job, ""),
        "stored": stored,
        "size": sum(artifact.size for artifact in stored),
    }
    return render_page(request, "jobs/artifacts_delete.html", context, nav="project_jobs")


def _path(artifact: JobArtifact) -> Any:
    assert artifact.blob is not None  # a readable one has its bytes
    return artifact.blob.path
