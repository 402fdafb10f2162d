"""The pages of packages: a list, one package with its files, and taking either away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, Max, OuterRef, Q, Sum
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from pages.effects import effect
from pages.frame import render_page
from pages.listing import page_of, search_term, sort_choice
from pages.parameters import page_choice
from resources.packages import services
from resources.packages.formats.table import FORMATS, format_of
from resources.packages.models import DownloadCount, Package, PackageFile
from resources.packages.protection.services import check_package
from resources.packages.querysets import PackageQuerySet
from resources.packages.visible_pipelines import visible_pipelines
from tokenaccess.access.gate import is_allowed
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.policy import Action

PUBLISHERS = [("", gettext_lazy("Anyone")), ("job", gettext_lazy("A job")), ("person", gettext_lazy("A user"))]
ORDERS = {
    "newest": (gettext_lazy("Newest"), ("-created_at", "-id")),
    "name": (gettext_lazy("Name"), ("name", "version", "id")),
    "largest": (gettext_lazy("Largest"), ("-size", "id")),
    "fetched": (gettext_lazy("Last downloaded"), ("-last_downloaded_at", "id")),
    "downloads": (gettext_lazy("Most downloaded"), ("-downloads", "id")),
}


class YankForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("pip shows it to everyone who installs this exact version."),
    )


@requires(Action.READ_PACKAGES)
@require_safe
def packages(request: PageRequest, project_path: str) -> HttpResponse:
    """`?q=&by=&sort=&page=`"""
    project, by = request.access.project, page_choice(request, "by", ["job", "person"])
    everything = Package.objects.filter(project=project).listed()
    sort = sort_choice(request, ORDERS)
    rows = (
        _filter_packages(everything, search_term(request), by)
        .with_totals()
        .select_related("creator")
        .with_uploads()
        .order_by(*ORDERS[sort][1])
    )
    page = page_of(request, rows)
    context = {
        "total": everything.aggregate(count=Count("pk", distinct=True), size=Sum("files__size", default=0)),
        "page": page,
        "q": search_term(request),
        "by": by,
        "publishers": PUBLISHERS,
        "sort": sort,
        "orders": [(value, label) for value, (label, _columns) in ORDERS.items()],
        "filtered": bool(search_term(request) or by),
        "shown_pipelines": _visible_pipelines(request, page),
        "may_delete": is_allowed(request, Action.DELETE_PACKAGES, project),
        "may_publish": is_allowed(request, Action.WRITE_PACKAGES, project),
        "may_read_token_access": is_allowed(request, Action.READ_TOKEN_ACCESS, project),
        "publish": [(_(row.label), row.publish_command(project)) for row in FORMATS.values()],
    }
    return render_page(request, "packages/packages.html", context)


def _filter_packages(rows: PackageQuerySet, q: str, by: str) -> PackageQuerySet:
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(version__icontains=q))
    from_job = Exists(PackageFile.objects.filter(package=OuterRef("pk"), pipeline__isnull=False))
    if by:
        rows = rows.filter(from_job if by == "job" else ~from_job)
    return rows


@requires(Action.READ_PACKAGES)
@require_safe
def package(request: PageRequest, project_path: str, package_id: int) -> HttpResponse:
    found = _find(request, package_id)
    files = (
        PackageFile.objects.filter(package=found)
        .with_pipelines()
        .select_related("creator", "package", "download_count")
    )
    page = page_of(request, files.with_replaced().order_by("-id"))
    pipelines = [file.pipeline for file in page.object_list if file.pipeline is not None]
    newest = found.files.order_by("-id").first()
    context = {
        "package": found,
        "page": page,
        "newest": newest,
        "downloads": found.files.aggregate(count=Sum("download_count__count"), last_at=Max("download_count__last_at")),
        "versions": Package.objects.other_versions_of(found)[:20],
        "shown_pipelines": visible_pipelines(pipelines, request.access),
        "may_delete": _is_deletable(request, found),
        "may_yank": is_allowed(request, Action.DELETE_PACKAGES, found.project) and format_of(found).can_yank,
        "yank": getattr(found, "yank", None),
        "fetch": format_of(found).fetch_command(newest) if newest else "",
        "fetch_hint": format_of(found).fetch_hint,
    }
    return render_page(request, "packages/package.html", context)


@requires(Action.DELETE_PACKAGES)
@form_page
def delete_package(request: PageRequest, project_path: str, package_id: int) -> HttpResponseBase:
    """Asked with GET, done with POST."""
    found = _find_deletable(request, package_id)
    if request.method == "POST":
        name = str(found)
        services.delete_package(found, by=current_user(request))
        messages.success(request, _("%(name)s deleted.") % {"name": name})
        return redirect("project_packages", found.project.full_path)
    files = found.files.aggregate(count=Count("pk"), size=Sum("size", default=0))
    return render_page(
        request, "packages/delete_package.html", {"package": found, "files": files}, nav="project_packages"
    )


@requires(Action.DELETE_PACKAGES)
@form_page
def delete_file(request: PageRequest, project_path: str, package_id: int, file_id: int) -> HttpResponseBase:
    """One upload. An earlier one of the same name downloads again afterwards."""
    found = _find_deletable(request, package_id)
    file = found.files.select_related("package__project").filter(pk=file_id).first()
    if file is None:
        raise Http404
    if request.method == "POST":
        services.delete_file(file, by=current_user(request))
        messages.success(request, _("%(name)s deleted.") % {"name": file.path})
        return redirect("project_package", found.project.full_path, found.pk)
    older = found.files.filter(name=file.name, pk__lt=file.pk).order_by("-pk").first()
    newest = not found.files.filter(name=file.name, pk__gt=file.pk).exists()
    context = {
        "package": found,
        "file": file,
        "returns": older if newest else None,
        **_file_facts(found, file),
    }
    return render_page(request, "packages/delete_file.html", context, nav="project_packages")


def _file_facts(package: Package, file: PackageFile) -> dict[str, Any]:
    """How often it was downloaded, and what is left of the package."""
    counted = DownloadCount.objects.filter(file=file).first()
    downloads, others = counted.count if counted else 0, package.files.exclude(pk=file.pk).count()
    effects = [
        *effect(downloads, ngettext("download so far.", "downloads so far.", downloads)),
        *effect(others, ngettext("other file of the package stays.", "other files of the package stay.", others)),
    ]
    return {"effects": effects, "downloaded_at": counted.last_at if counted else None}


@requires(Action.DELETE_PACKAGES)
@form_page
def yank(request: PageRequest, project_path: str, package_id: int) -> HttpResponseBase:
    """Asked with GET, done with POST."""
    found = _find(request, package_id)
    if not format_of(found).can_yank:
        raise Http404
    if hasattr(found, "yank"):
        return _unyank(request, found)
    form = YankForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        services.yank_release(found, reason=form.cleaned_data["reason"], by=current_user(request))
        messages.success(request, _("%(name)s yanked.") % {"name": found})
        return redirect("project_package", found.project.full_path, found.pk)
    return render_page(request, "packages/yank.html", {"package": found}, nav="project_packages", form=form)


def _unyank(request: PageRequest, found: Package) -> HttpResponseBase:
    if request.method == "POST":
        services.unyank_release(found, by=current_user(request))
        messages.success(request, _("%(name)s is installed again.") % {"name": found})
        return redirect("project_package", found.project.full_path, found.pk)
    return render_page(request, "packages/unyank.html", {"package": found}, nav="project_packages")


def _find_deletable(request: PageRequest, package_id: int) -> Package:
    """Raises PermissionDenied for one that a rule protects."""
    found = _find(request, package_id)
    if not _is_deletable(request, found):
        raise PermissionDenied(_("A protection rule lets only owners delete this package."))
    return found


def _is_deletable(request: PageRequest, package: Package) -> bool:
    return check_package(request.access, Action.DELETE_PACKAGES, package.kind, package.name).decision.allowed


def _find(request: PageRequest, package_id: int) -> Package:
    packages = Package.objects.filter(project=request.access.project).select_related(
        "project__group", "creator", "yank"
    )
    found = packages.filter(pk=package_id).first()
    if found is None:
        raise Http404
    return found


def _visible_pipelines(request: PageRequest, page: Iterable[Package]) -> set[int]:
    uploads = (file for package in page for file in package.uploads)  # type: ignore[attr-defined]
    return visible_pipelines((file.pipeline for file in uploads), request.access)
