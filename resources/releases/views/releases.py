"""The pages of releases: a list, one with its notes and assets, and addresses that stay."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from pages.frame import render_page
from pages.listing import page_of, search_term
from projects.repository import Repository
from projects.repository.archives import archive_addresses
from resources.releases.links import find_download
from resources.releases.models import Evidence, Release
from resources.releases.protection import may_create_tag
from resources.releases.querysets import ReleaseQuerySet
from resources.releases.responses import NotesRenderer, redirect_to
from resources.releases.views.feed import ReleaseFeed
from tokenaccess.access.gate import check_same_target, is_allowed
from tokenaccess.adapters.pages import PageRequest, requires
from tokenaccess.policy import Action


def _releases(request: PageRequest) -> ReleaseQuerySet:
    return Release.objects.filter(project=request.access.project)


def _reads_code(request: PageRequest) -> bool:
    return check_same_target(request.access, Action.READ_RELEASE_CODE).decision.allowed


@requires(Action.READ_RELEASES)
@require_safe
def releases(request: PageRequest, project_path: str) -> HttpResponse:
    """`?q=&page=`"""
    q, reads_code = search_term(request), _reads_code(request)
    rows = _releases(request).with_details().search(q, tags=reads_code)
    context = {
        "page": page_of(request, rows.order_by("-released_at", "-id")),
        "q": q,
        "total": _releases(request).count(),
        "reads_code": reads_code,
        "may_release": is_allowed(request, Action.MANAGE_RELEASES, request.access.project),
    }
    return render_page(request, "releases/releases.html", context)


@requires(Action.READ_RELEASES)
@require_safe
def release(request: PageRequest, project_path: str, tag: str) -> HttpResponse:
    project = request.access.project
    found = _releases(request).with_details().select_related("job").filter(tag=tag).first()
    if found is None:
        raise Http404
    reads_code = _reads_code(request)
    has_sources = reads_code and Repository(project.repository_path).tag(tag) is not None
    context = {
        "release": found,
        "notes": NotesRenderer(project).html(found),
        "links": found.links.all(),
        "archives": archive_addresses(project.full_path, tag) if has_sources else [],
        "reads_code": reads_code,
        "may_release": is_allowed(request, Action.MANAGE_RELEASES, project) and may_create_tag(request.access, tag),
        "reads_jobs": found.job is not None and is_allowed(request, Action.READ_JOBS, project),
    }
    return render_page(request, "releases/release.html", context)


@requires(Action.READ_RELEASES)
@require_safe
def latest(request: PageRequest, project_path: str, suffix: str = "") -> HttpResponse:
    """Leads to the latest that is not upcoming, and further to `suffix` of it."""
    found = _releases(request).latest_released()
    if found is None:
        raise Http404
    if suffix.startswith("downloads/"):
        return redirect("project_release_download", project_path, found.tag, suffix.removeprefix("downloads/"))
    if suffix:
        raise Http404
    return redirect("project_release", project_path, found.tag)


@requires(Action.READ_RELEASES)
@require_safe
def download(request: PageRequest, project_path: str, tag: str, file_path: str) -> HttpResponse:
    return redirect_to(find_download(_releases(request), tag, file_path))


@requires(Action.READ_RELEASE_CODE)
@require_safe
def evidence(request: PageRequest, project_path: str, tag: str, evidence_id: int) -> HttpResponse:
    """To the letter, for whoever compares its digest."""
    evidences = Evidence.objects.filter(release__in=_releases(request), release__tag=tag)
    found = evidences.filter(pk=evidence_id).first()
    if found is None:
        raise Http404
    return HttpResponse(found.document, content_type="application/json")


@requires(Action.READ_RELEASES)
@require_safe
def feed(request: PageRequest, project_path: str) -> HttpResponseBase:
    page = reverse("project_releases", args=[request.access.project.full_path])
    response = ReleaseFeed(request.access.project, page, reads_code=_reads_code(request))(request)
    response["Cache-Control"] = "private, no-cache"  # who asks decides what it tells of
    return response
