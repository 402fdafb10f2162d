"""The pages of the container registry: repositories, the tags of one, and taking either away."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from pages.effects import effect
from pages.frame import render_page
from pages.listing import page_of, search_term
from resources.containers import contents, services
from resources.containers.addresses import location
from resources.containers.engine.client import EngineError
from resources.containers.models import ContainerRepository, Tag
from resources.containers.names import is_image_path, is_tag
from resources.containers.protection import check_repository
from tokenaccess.access.gate import is_allowed
from tokenaccess.adapters.pages import PageRequest, form_page, requires
from tokenaccess.policy import Action

LIST = "project_images"


@requires(Action.READ_IMAGES)
@require_safe
def repositories(request: PageRequest, project_path: str) -> HttpResponse:
    """`?q=&page=`"""
    project, q = request.access.project, search_term(request)
    everything = ContainerRepository.objects.filter(project=project)
    rows = everything.filter(path__icontains=q) if q else everything
    rows = rows.annotate(tags_count=Count("tags"), pushed_at=Max("tags__pushed_at")).order_by("path")
    image = project.full_path.lower()
    context = {
        "total": everything.count(),
        "page": page_of(request, rows),
        "q": q,
        "enabled": settings.REGISTRY_ENABLED,
        "host": settings.REGISTRY_HOST,
        "image": location(image) if is_image_path(image) else "",
        "may_push": is_allowed(request, Action.PUSH_IMAGES, project),
        "may_delete": is_allowed(request, Action.DELETE_IMAGES, project),
        "may_protect": is_allowed(request, Action.MANAGE_IMAGES, project),
        "may_read_token_access": is_allowed(request, Action.READ_TOKEN_ACCESS, project),
    }
    return render_page(request, "containers/repositories.html", context)


@requires(Action.READ_IMAGES)
@require_safe
def repository(request: PageRequest, project_path: str, repository_id: int) -> HttpResponse:
    """`?q=&page=`. What the registry has now; while it cannot be asked, what it reported last."""
    found, q = _find(request, repository_id), search_term(request)
    reachable = _refresh(found)
    tags = found.tags.with_origin().order_by("-pushed_at", "name")
    page = page_of(request, tags.filter(name__icontains=q) if q else tags)
    reachable = reachable and _inspect(found, list(page.object_list))
    context = {
        "repository": found,
        "page": page,
        "q": q,
        "sizes": found.sizes_of_indexes([tag.manifest for tag in page.object_list]),
        "reachable": reachable,
        "location": location(found.path),
        "may_read_jobs": is_allowed(request, Action.READ_JOBS, request.access.project),
        "may_delete": is_allowed(request, Action.DELETE_IMAGES, request.access.project),
        "may_delete_tag": is_allowed(request, Action.DELETE_IMAGE_TAG, request.access.project),
    }
    return render_page(request, "containers/repository.html", context)


def _refresh(found: ContainerRepository) -> bool:
    try:
        if settings.REGISTRY_ENABLED:
            contents.refresh(found)
    except EngineError:
        return False
    return bool(settings.REGISTRY_ENABLED)


def _inspect(found: ContainerRepository, tags: Sequence[Tag]) -> bool:
    try:
        contents.inspect(found, [tag.manifest for tag in tags])
    except EngineError:
        return False
    return True


@requires(Action.DELETE_IMAGES)
@form_page
def delete_repository(request: PageRequest, project_path: str, repository_id: int) -> HttpResponseBase:
    """Asked with GET, done with POST."""
    found, project = find_to_change(request, repository_id), request.access.project
    if request.method == "POST":
        services.schedule_deletion(found, by=request.access.user)
        messages.success(request, _("%(name)s is being deleted.") % {"name": found.path})
        return redirect(LIST, project.full_path)
    context = {"repository": found, "tags_count": found.tags.count()}
    return render_page(request, "containers/delete_repository.html", context, nav=LIST)


@requires(Action.DELETE_IMAGE_TAG)
@form_page
def delete_tag(request: PageRequest, project_path: str, repository_id: int, tag: str) -> HttpResponseBase:
    """Asked with GET, done with POST."""
    found, project = find_to_change(request, repository_id), request.access.project
    named = found.tags.with_origin().filter(name=tag).first() if is_tag(tag) else None
    if named is None:
        raise Http404
    if request.method == "POST":
        try:
            services.delete_tag(named, by=request.access.user)
        except EngineError:
            messages.error(request, _("The registry cannot be reached. Nothing was deleted."))
        else:
            messages.success(request, _("Tag %(name)s deleted.") % {"name": tag})
        return redirect("project_image", project.full_path, found.pk)
    others = list(found.tags.filter(manifest=named.manifest_id).exclude(pk=named.pk).values_list("name", flat=True))
    left = found.tags.exclude(pk=named.pk).count()
    effects = [
        *effect(len(others), ngettext("other tag keeps the image.", "other tags keep the image.", len(others))),
        *effect(left, ngettext("other tag of the repository stays.", "other tags of the repository stay.", left)),
    ]
    context = {"repository": found, "tag": named, "others": others[:5], "effects": effects}
    return render_page(request, "containers/delete_tag.html", context, nav=LIST)


def find_to_change(request: PageRequest, repository_id: int) -> ContainerRepository:
    """Protections of the repository count."""
    found = _find(request, repository_id)
    reason = check_repository(request.access, request.access.action, found.path).decision.reason
    if reason is not None:
        raise PermissionDenied(reason.sentence)
    return found


def _find(request: PageRequest, repository_id: int) -> ContainerRepository:
    rows = ContainerRepository.objects.filter(project=request.access.project).select_related("project__group")
    found = rows.filter(pk=repository_id).first()
    if found is None:
        raise Http404
    return found
