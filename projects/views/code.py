"""Looking into a repository: files, commits, branches and tags. Read only; writing goes through git and the API."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from blobs.respond import content_disposition
from pages.frame import render_page
from pages.listing import PAGE_SIZE, page_of, search_term
from pages.parameters import page_choice
from projects import tree_browser
from projects.extensions.external_files import find_external_file
from projects.models import Project
from projects.protection import Protections
from projects.repository import NoSuchFile, NoSuchRef, Repository
from projects.repository.archives import archive_addresses
from projects.tree_browser import TreeLocation
from text.numbers import parse_number
from tokenaccess.adapters.pages import PageRequest, requires
from tokenaccess.policy import Action

MAX_ENTRIES = 1000
MAX_REFS = 200
MAX_PAGE = 5000


@requires(Action.READ_CODE)
@require_safe
def files(request: PageRequest, project_path: str) -> HttpResponseBase:
    """`/-/tree`: the default branch, or the one chosen with `?ref=`."""
    project = request.access.project
    repository = _repository(project)
    if repository.is_empty():
        return render_page(request, "projects/empty.html")
    chosen = search_term(request, "ref") or project.default_branch
    if "ref" not in request.GET and repository.branch(chosen) is None:
        chosen = repository.branches()[0].name
    return redirect("project_tree", project.full_path, chosen)


@requires(Action.READ_CODE)
@require_safe
def tree(request: PageRequest, project_path: str, address: str) -> HttpResponse:
    """`/-/tree/<ref>/<folder>`."""
    _project, repository, place = _locate(request, address)
    try:
        entries = repository.tree(place.ref.sha, place.path)
    except NoSuchFile:
        raise Http404 from None
    rows = [tree_browser.tree_row(entry, place) for entry in entries[:MAX_ENTRIES]]
    context = _base_context(repository, place)
    context |= {
        "rows": rows,
        "hidden": max(0, len(entries) - MAX_ENTRIES),
        "archives": archive_addresses(request.access.project.full_path, place.ref.name),
    }
    return render_page(request, "projects/tree.html", context, nav="project_files")


@requires(Action.READ_CODE)
@require_safe
def blob(request: PageRequest, project_path: str, address: str) -> HttpResponseBase:
    """`/-/blob/<ref>/<file>`: its text with line numbers, escaped; never rendered. A folder leads to its own page."""
    project, repository, place = _locate(request, address)
    if repository.is_folder(place.ref.sha, place.path):
        return redirect("project_tree", project.full_path, place.address)
    context = _base_context(repository, place)
    data = _bytes(repository, place)
    context |= {
        "file": tree_browser.decode_text(data),
        "file_name": place.path.rsplit("/", 1)[-1],
        "external": find_external_file(project, data),
    }
    return render_page(request, "projects/blob.html", context, nav="project_files")


@requires(Action.READ_CODE)
@require_safe
def raw(request: PageRequest, project_path: str, address: str) -> HttpResponse:
    """`/-/raw/<ref>/<file>`: text and images to be shown, all else to be saved: a browser must never run it as ours."""
    _project, repository, place = _locate(request, address)
    data = _bytes(repository, place)
    shown_as = tree_browser.image_type(data)
    if shown_as is None and tree_browser.decode_text(data).text is not None:
        shown_as = "text/plain; charset=utf-8"
    response = HttpResponse(data, content_type=shown_as or "application/octet-stream")
    name = place.path.rsplit("/", 1)[-1]
    response["Content-Disposition"] = content_disposition(name, attachment=shown_as is None)
    return response


@requires(Action.READ_CODE)
@require_safe
def commits(request: PageRequest, project_path: str, address: str = "") -> HttpResponseBase:
    """`/-/commits/<ref>?page=`: newest first. The address without a ref leads to the default branch."""
    project = request.access.project
    repository = _repository(project)
    if repository.is_empty():
        return render_page(request, "projects/empty.html")
    ref = address or search_term(request, "ref") or project.default_branch
    page = _page_number(request)
    try:
        place = TreeLocation(repository.find(ref), "")
        # One more than shown, to know whether there is a next page: counting all would walk the whole history.
        found = repository.commits(place.ref.sha, PAGE_SIZE + 1, (page - 1) * PAGE_SIZE)
    except NoSuchRef:
        raise Http404 from None
    context = _base_context(repository, place)
    context |= {"commits": found[:PAGE_SIZE], "page": page, "more": len(found) > PAGE_SIZE}
    return render_page(request, "projects/commits.html", context, nav="project_commits")


@requires(Action.READ_CODE)
@require_safe
def branches(request: PageRequest, project_path: str) -> HttpResponse:
    """`/-/branches?kind=tags&q=&page=`: branches or tags, each with its latest commit."""
    project = request.access.project
    repository = _repository(project)
    kind = page_choice(request, "kind", ["branches", "tags"]) or "branches"
    all_branches, all_tags = repository.branches(), repository.tags()
    q = search_term(request)
    shown = [ref for ref in (all_tags if kind == "tags" else all_branches) if q.lower() in ref.name.lower()]
    page = page_of(request, shown)
    protected = Protections(project)
    context = {
        "kind": kind,
        "kept_query": "kind=tags" if kind == "tags" else "",
        "q": q,
        "page": page,
        "rows": [(ref, repository.commit(ref.sha), protected.protects(ref.name, tag=ref.is_tag)) for ref in page],
        "branch_count": len(all_branches),
        "tag_count": len(all_tags),
    }
    return render_page(request, "projects/branches.html", context)


def _repository(project: Project) -> Repository:
    return Repository(project.repository_path)


def _locate(request: PageRequest, address: str) -> tuple[Project, Repository, TreeLocation]:
    project = request.access.project
    repository = _repository(project)
    try:
        return project, repository, tree_browser.locate(repository, address)
    except NoSuchRef:
        raise Http404 from None


def _bytes(repository: Repository, place: TreeLocation) -> bytes:
    try:
        return repository.blob(place.ref.sha, place.path)
    except NoSuchFile:
        raise Http404 from None


def _base_context(repository: Repository, place: TreeLocation) -> dict[str, Any]:
    """What every page about one ref shows: where we are and which other refs there are."""
    return {
        "place": place,
        "branches": repository.branches()[:MAX_REFS],
        "tags": repository.tags()[:MAX_REFS],
    }


def _page_number(request: HttpRequest) -> int:
    return max(parse_number(request.GET.get("page", "1"), MAX_PAGE) or 1, 1)
