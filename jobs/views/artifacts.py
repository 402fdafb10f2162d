"""The artifacts of one job: looking into the archive, saving, keeping and deleting."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from blobs import sending
from jobs.artifacts.access import may_read
from jobs.artifacts.archive import Archive, BadPath, Folder, NoSuchEntry, NotAnArchive, TooManyEntries
from jobs.artifacts.files import send_file
from jobs.artifacts.types import ARCHIVE
from jobs.models import Job, JobArtifact
from jobs.services import artifacts as services
from jobs.views.artifact_parts import of_job
from projects import browse
from tokenaccess.policy import Action
from tokenaccess.web import PageRequest, form_page, requires


def _job(request: PageRequest, pk: int) -> Job:
    return get_object_or_404(Job.objects.for_display(), project=request.access.project, pk=pk)


def _artifact(request: PageRequest, job: Job, file_type: str = ARCHIVE) -> JobArtifact:
    found = next((one for one in job.artifacts.all() if one.file_type == file_type), None)
    if found is None or not found.is_readable:  # type: ignore[attr-defined]
        raise Http404
    if not may_read(found.access, request.access.caller, request.access.facts):
        raise PermissionDenied(_("The job's file keeps these artifacts from your role in the project."))
    return found


def _frame(request: PageRequest, job: Job, path: str) -> dict[str, Any]:
    parts = path.split("/") if path else []
    above = [(name, "/".join(parts[: number + 1])) for number, name in enumerate(parts)]
    return {
        "project": request.access.project,
        "job": job,
        "artifacts": of_job(request, job),
        "path": path,
        "above": above,
        "name": parts[-1] if parts else "",
        "nav_current": "project_jobs",
    }


@requires(Action.READ_JOBS)
@require_safe
def folder(request: PageRequest, project_path: str, job: int, path: str = "") -> HttpResponse:
    """One folder of the archive; the top one without a path."""
    found = _job(request, job)
    archive = _artifact(request, found)
    rows, too_many = Folder([], 0), False
    try:
        with Archive(_path(archive)) as opened:
            rows = opened.folder(path)
    except TooManyEntries:
        too_many = True
    except (BadPath, NoSuchEntry, NotAnArchive):
        raise Http404 from None
    context = {**_frame(request, found, path), "archive": archive, "folder": rows, "too_many": too_many}
    return render(request, "jobs/artifacts.html", context)


@requires(Action.READ_JOBS)
@require_safe
def file(request: PageRequest, project_path: str, job: int, path: str) -> HttpResponse:
    """One file's text with line numbers, escaped; never rendered."""
    found = _job(request, job)
    archive = _artifact(request, found)
    try:
        with Archive(_path(archive)) as opened:
            entry = opened.open(path)
            small = entry.is_text and entry.size <= browse.SHOWN_BYTES
            shown = browse.as_text(entry.head(browse.SHOWN_BYTES)) if small else None
            size = entry.size
    except (BadPath, NoSuchEntry, NotAnArchive, TooManyEntries):
        raise Http404 from None
    context = {**_frame(request, found, path), "archive": archive, "file": shown, "size": size}
    return render(request, "jobs/artifact_file.html", context)


@requires(Action.READ_JOBS)
@require_safe
def raw(request: PageRequest, project_path: str, job: int, path: str) -> HttpResponseBase:
    """One file, to be saved."""
    try:
        return send_file(request, _artifact(request, _job(request, job)), path)
    except (BadPath, NoSuchEntry, NotAnArchive, TooManyEntries):
        raise Http404 from None


@requires(Action.READ_JOBS)
@require_safe
def download(request: PageRequest, project_path: str, job: int) -> HttpResponseBase:
    """The whole archive, or the report that `?file_type=` names."""
    kept = _artifact(request, _job(request, job), request.GET.get("file_type", ARCHIVE))
    return sending.send(request, sha256=kept.sha256, size=kept.size, name=kept.filename)


@requires(Action.KEEP_ARTIFACTS)
@require_POST
def keep(request: PageRequest, project_path: str, job: int) -> HttpResponse:
    found = _job(request, job)
    person = request.access.user
    assert person is not None  # the action is for signed-in people
    if services.keep_artifacts(found, by=person):
        messages.success(request, _("The artifacts of job #%(pk)s stay until somebody deletes them.") % {"pk": job})
    else:
        messages.error(request, _("There are no artifacts of job #%(pk)s any more.") % {"pk": job})
    return redirect("project_job", found.project.full_path, found.pk)


@requires(Action.DELETE_ARTIFACTS)
@form_page
def delete(request: PageRequest, project_path: str, job: int) -> HttpResponse:
    """Asked for again on a page of its own: what is deleted does not come back."""
    found = _job(request, job)
    person = request.access.user
    if request.method == "POST":
        assert person is not None  # the action is for signed-in people
        if services.delete_artifacts(found, by=person):
            messages.success(request, _("The artifacts of job #%(pk)s are deleted.") % {"pk": job})
        return redirect("project_job", found.project.full_path, found.pk)
    stored = [one for one in found.artifacts.all() if one.blob_id]
    if not stored:
        raise Http404
    context = {**_frame(request, found, ""), "stored": stored, "size": sum(one.size for one in stored)}
    return render(request, "jobs/artifacts_delete.html", context)


def _path(artifact: JobArtifact) -> Any:
    assert artifact.blob is not None  # a readable one has its bytes
    return artifact.blob.path
