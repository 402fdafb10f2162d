"""The pages of packages: a list, one package with its files, and taking either away."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from portal.listing import page_of, words
from projects.models import Project
from resources.packages import services
from resources.packages.models import Package, PackageFile
from resources.packages.origins import shown_pipelines
from resources.packages.querysets import PackageQuerySet
from tokenaccess.gate import may
from tokenaccess.policy import Action
from tokenaccess.web import PageRequest, form_page, requires

PUBLISHERS = [("", gettext_lazy("Anyone")), ("job", gettext_lazy("A job")), ("person", gettext_lazy("A person"))]
ORDERS = [
    ("newest", gettext_lazy("Newest")),
    ("name", gettext_lazy("Name")),
    ("largest", gettext_lazy("Largest")),
    ("fetched", gettext_lazy("Last fetched")),
]
_FIELDS = {
    "newest": ("-created_at", "-id"),
    "name": ("name", "version", "id"),
    "largest": ("-size", "id"),
    "fetched": ("-last_downloaded_at", "id"),
}


@requires(Action.READ_PACKAGES)
@require_safe
def packages(request: PageRequest, project_path: str) -> HttpResponse:
    """`?q=&by=&sort=&page=`"""
    project = request.access.project
    everything = Package.objects.filter(project=project).listed()
    sort = words(request, "sort") if words(request, "sort") in _FIELDS else "newest"
    rows = _searched(everything, request).with_size().select_related("creator").with_uploads().order_by(*_FIELDS[sort])
    page = page_of(request, rows)
    context = {
        "project": project,
        "total": everything.aggregate(count=Count("pk", distinct=True), size=Sum("files__size", default=0)),
        "page": page,
        "q": words(request),
        "by": words(request, "by"),
        "publishers": PUBLISHERS,
        "sort": sort,
        "orders": ORDERS,
        "filtered": bool(words(request) or words(request, "by")),
        "shown_pipelines": _shown(request, page),
        "may_delete": may(request, Action.DELETE_PACKAGES, project),
        "may_publish": may(request, Action.WRITE_PACKAGES, project),
        "may_open_the_door": may(request, Action.READ_TOKEN_ACCESS, project),
        "publish": publish_command(project),
    }
    return render(request, "packages/packages.html", context)


def _searched(rows: PackageQuerySet, request: HttpRequest) -> PackageQuerySet:
    q, by = words(request), words(request, "by")
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(version__icontains=q))
    from_job = Exists(PackageFile.objects.filter(package=OuterRef("pk"), pipeline__isnull=False))
    if by in {"job", "person"}:
        rows = rows.filter(from_job if by == "job" else ~from_job)
    return rows


@requires(Action.READ_PACKAGES)
@require_safe
def package(request: PageRequest, project_path: str, package_id: int) -> HttpResponse:
    found = _find(request, package_id)
    files = PackageFile.objects.filter(package=found).with_pipelines().select_related("creator", "package")
    page = page_of(request, files.with_replaced().order_by("-id"))
    pipelines = [file.pipeline for file in page.object_list if file.pipeline is not None]
    newest = found.files.order_by("-id").first()
    context = {
        "project": found.project,
        "package": found,
        "page": page,
        "newest": newest,
        "versions": Package.objects.other_versions_of(found)[:20],
        "shown_pipelines": shown_pipelines(pipelines, request.access),
        "may_delete": may(request, Action.DELETE_PACKAGES, found.project),
        "fetch": fetch_command(newest) if newest else "",
    }
    return render(request, "packages/package.html", context)


@requires(Action.DELETE_PACKAGES)
@form_page
def delete_package(request: PageRequest, project_path: str, package_id: int) -> HttpResponseBase:
    """Asked with GET, done with POST."""
    found = _find(request, package_id)
    if request.method == "POST":
        name = str(found)
        services.delete_package(found, by=request.access.user)
        messages.success(request, _("%(name)s is gone.") % {"name": name})
        return redirect("project_packages", found.project.full_path)
    files = found.files.aggregate(count=Count("pk"), size=Sum("size", default=0))
    context = {"project": found.project, "package": found, "files": files, "nav_current": "project_packages"}
    return render(request, "packages/delete_package.html", context)


@requires(Action.DELETE_PACKAGES)
@form_page
def delete_file(request: PageRequest, project_path: str, package_id: int, file_id: int) -> HttpResponseBase:
    """One upload. An earlier one of the same name downloads again afterwards."""
    found = _find(request, package_id)
    file = found.files.select_related("package__project").filter(pk=file_id).first()
    if file is None:
        raise Http404
    if request.method == "POST":
        services.delete_file(file, by=request.access.user)
        messages.success(request, _("%(name)s is gone.") % {"name": file.path})
        return redirect("project_package", found.project.full_path, found.pk)
    older = found.files.filter(name=file.name, pk__lt=file.pk).order_by("-pk").first()
    newest = not found.files.filter(name=file.name, pk__gt=file.pk).exists()
    context = {
        "project": found.project,
        "package": found,
        "file": file,
        "returns": older if newest else None,
        "nav_current": "project_packages",
    }
    return render(request, "packages/delete_file.html", context)


def _find(request: PageRequest, package_id: int) -> Package:
    packages = Package.objects.filter(project=request.access.project).select_related("project__group", "creator")
    found = packages.filter(pk=package_id).first()
    if found is None:
        raise Http404
    return found


def _shown(request: PageRequest, page: Iterable[Package]) -> set[int]:
    uploads = (file for package in page for file in package.uploads)  # type: ignore[attr-defined]
    return shown_pipelines((file.pipeline for file in uploads), request.access)


def fetch_command(file: PackageFile) -> str:
    return f'curl --fail -H "JOB-TOKEN: $CI_JOB_TOKEN" -O {settings.EXTERNAL_URL}{file.api_path}'


def publish_command(project: Project) -> str:
    address = f"{settings.EXTERNAL_URL}/api/v4/projects/{project.pk}/packages/generic/tool/1.0/tool.tar.gz"
    return f'curl --fail -H "JOB-TOKEN: $CI_JOB_TOKEN" --upload-file tool.tar.gz {address}'
