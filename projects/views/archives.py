"""Downloads of a repository's files in one archive."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from projects import tree_browser
from projects.extensions.external_files import list_external_files
from projects.repository import NoSuchFile, NoSuchRef, Repository
from projects.repository.archives import MAX_AT_ONCE, SUFFIXES, Archive, TooManyArchives, archive_name
from projects.repository.git_command import GitFailed, GitOverLimit
from projects.repository.smudging import MAX_BYTES
from text.rate_limit import RateLimit
from tokenaccess.adapters.pages import PageRequest, requires
from tokenaccess.policy import Action

LIMIT = RateLimit("archive", MAX_AT_ONCE, wait=10)
TOO_MANY = "Too many archives are being made. Try again later."
TOO_LARGE = "These are too many files for an archive. Clone the repository instead."


@requires(Action.READ_CODE)
@require_safe
def archive(request: PageRequest, project_path: str, address: str) -> HttpResponseBase:
    """`/-/archive/<ref>/<name>.zip?path=`: any name will do."""
    address, kind = _split_suffix(address)
    project, path = request.access.project, request.GET.get("path", "").strip("/")
    repository = Repository(project.repository_path)
    try:
        place = tree_browser.locate(repository, address)
        repository.check_path(place.ref.sha, path)
    except (NoSuchRef, NoSuchFile):
        raise Http404 from None
    name = archive_name(project.path, place.ref, path, with_sha=False)
    if place.path != name:
        name = archive_name(project.path, place.ref, path, with_sha=True)
    try:
        objects = list_external_files(project, MAX_BYTES)
        return archive_response(request, Archive(repository, place.ref, kind, name, path, objects))
    except GitOverLimit:
        return HttpResponse(TOO_LARGE, status=413, content_type="text/plain")
    except TooManyArchives:
        return HttpResponse(TOO_MANY, status=429, content_type="text/plain", headers=LIMIT.headers)
    except GitFailed:  # such as a folder that .gitattributes keeps out of archives
        raise Http404 from None


def _split_suffix(address: str) -> tuple[str, str]:
    """`v1.0/library.tar.gz` → (`v1.0/library`, `tar.gz`)."""
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if address.endswith(f".{suffix}"):
            return address.removesuffix(f".{suffix}"), SUFFIXES[suffix]
    raise Http404


def archive_response(request: HttpRequest, asked: Archive) -> HttpResponseBase:
    """The archive as an attachment, or 304. Raises GitFailed, GitOverLimit or TooManyArchives."""
    headers = {
        "Content-Type": "application/zip" if asked.kind == "zip" else "application/octet-stream",
        "Content-Disposition": content_disposition_header(True, asked.file_name) or "attachment",
        "Cache-Control": "private, no-cache",
        "ETag": asked.etag,
    }
    known: HttpResponse | None = get_conditional_response(request, etag=asked.etag, response=None)
    if known is not None:
        return known
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    return StreamingHttpResponse(asked.open(), headers=headers)
