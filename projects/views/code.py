"""Looking into a repository: files, commits, branches and tags. Read only; writing goes through git and the API."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from portal.listing import PAGE_SIZE, words
from projects import browse
from projects.browse import Place
from projects.models import Project
from projects.protection import Protections
from projects.repository import NoSuchFile, NoSuchRef, Repository
from tokenaccess.policy import Action
from tokenaccess.web import PageRequest, requires

SHOWN_ENTRIES = 1000
SHOWN_REFS = 200
LAST_PAGE = 5000


@requires(Action.READ_CODE)
@require_safe
def files(request: PageRequest, project_path: str) -> HttpResponseBase:
    """`/-/tree`: the default branch, or the one chosen with `?ref=`."""
    project = request.access.project
    repository = _repository(project)
    if repository.is_empty():
        return render(request, "projects/empty.html", {"project": project})
    chosen = words(request, "ref") or project.default_branch
    if "ref" not in request.GET and repository.branch(chosen) is None:
        chosen = repository.branches()[0].name
    return redirect("project_tree", project.full_path, chosen)


@requires(Action.READ_CODE)
@require_safe
def tree(request: PageRequest, project_path: str, address: str) -> HttpResponse:
    """`/-/tree/<ref>/<folder>`."""
    project, repository, place = _open(request, address)
    try:
        entries = repository.tree(place.ref.sha, place.path)
    except NoSuchFile:
        raise Http404 from None
    rows = [browse.row(entry, place) for entry in entries[:SHOWN_ENTRIES]]
    context = _frame(project, repository, place, "project_files")
    context |= {"rows": rows, "hidden": max(0, len(entries) - SHOWN_ENTRIES)}
    return render(request, "projects/tree.html", context)


@requires(Action.READ_CODE)
@require_safe
def blob(request: PageRequest, project_path: str, address: str) -> HttpResponse:
    """`/-/blob/<ref>/<file>`: its text with line numbers, escaped; never rendered."""
    project, repository, place = _open(request, address)
    context = _frame(project, repository, place, "project_files")
    context |= {"file": browse.as_text(_bytes(repository, place)), "file_name": place.path.rsplit("/", 1)[-1]}
    return render(request, "projects/blob.html", context)


@requires(Action.READ_CODE)
@require_safe
def raw(request: PageRequest, project_path: str, address: str) -> HttpResponse:
    """`/-/raw/<ref>/<file>`: the bytes, as plain text or else to be saved: a browser must never run them as ours."""
    _project, repository, place = _open(request, address)
    data = _bytes(repository, place)
    is_text = browse.as_text(data).text is not None
    response = HttpResponse(data, content_type="text/plain; charset=utf-8" if is_text else "application/octet-stream")
    name = place.path.rsplit("/", 1)[-1]
    response["Content-Disposition"] = content_disposition_header(not is_text, name) or "inline"
    return response


@requires(Action.READ_CODE)
@require_safe
def commits(request: PageRequest, project_path: str, address: str = "") -> HttpResponseBase:
    """`/-/commits/<ref>?page=`: newest first. The address without a ref leads to the default branch."""
    project = request.access.project
    repository = _repository(project)
    if repository.is_empty():
        return render(request, "projects/empty.html", {"project": project})
    ref = address or words(request, "ref") or project.default_branch
    page = _page_number(request)
    try:
        place = Place(repository.find(ref), "")
        # One more than shown, to know whether there is a next page: counting all would walk the whole history.
        found = repository.commits(place.ref.sha, PAGE_SIZE + 1, (page - 1) * PAGE_SIZE)
    except NoSuchRef:
        raise Http404 from None
    context = _frame(project, repository, place, "project_commits")
    context |= {"commits": found[:PAGE_SIZE], "page": page, "more": len(found) > PAGE_SIZE}
    return render(request, "projects/commits.html", context)


@requires(Action.READ_CODE)
@require_safe
def branches(request: PageRequest, project_path: str) -> HttpResponse:
    """`/-/branches?kind=tags&q=&page=`: branches or tags, each with its latest commit."""
    project = request.access.project
    repository = _repository(project)
    kind = "tags" if request.GET.get("kind") == "tags" else "branches"
    all_branches, all_tags = repository.branches(), repository.tags()
    q = words(request)
    shown = [ref for ref in (all_tags if kind == "tags" else all_branches) if q.lower() in ref.name.lower()]
    page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    protected = Protections(project)
    context = {
        "project": project,
        "kind": kind,
        "q": q,
        "page": page,
        "rows": [(ref, repository.commit(ref.sha), protected.protects(ref.name, tag=ref.is_tag)) for ref in page],
        "branch_count": len(all_branches),
        "tag_count": len(all_tags),
    }
    return render(request, "projects/branches.html", context)


def _repository(project: Project) -> Repository:
    return Repository(project.repository_path)


def _open(request: PageRequest, address: str) -> tuple[Project, Repository, Place]:
    project = request.access.project
    repository = _repository(project)
    try:
        return project, repository, browse.locate(repository, address)
    except NoSuchRef:
        raise Http404 from None


def _bytes(repository: Repository, place: Place) -> bytes:
    try:
        return repository.blob(place.ref.sha, place.path)
    except NoSuchFile:
        raise Http404 from None


def _frame(project: Project, repository: Repository, place: Place, nav: str) -> dict[str, Any]:
    """What every page about one ref shows: where we are and which other refs there are."""
    return {
        "project": project,
        "place": place,
        "nav_current": nav,
        "branches": repository.branches()[:SHOWN_REFS],
        "tags": repository.tags()[:SHOWN_REFS],
    }


def _page_number(request: HttpRequest) -> int:
    raw_page = request.GET.get("page", "1")
    number = int(raw_page) if raw_page.isascii() and raw_page.isdigit() and len(raw_page) < 6 else 1
    return min(max(number, 1), LAST_PAGE)
