"""The page of a project's large files: how much is stored, which files are locked."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from blobs import respond
from pages.effects import effect
from pages.frame import render_page
from pages.listing import page_of
from resources.lfs import locks
from resources.lfs.models import FileLock, LfsObject
from resources.lfs.pointers import is_oid
from tokenaccess.access.gate import is_allowed
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.policy import Action

LIST = "project_lfs"


@requires(Action.READ_CODE)
@require_safe
def files(request: PageRequest, project_path: str) -> HttpResponse:
    """`?page=`: of the locks."""
    project = request.access.project
    count, size = LfsObject.objects.filter(project=project).figures()
    held = FileLock.objects.filter(project=project).select_related("owner").order_by("path", "pk")
    context = {
        "count": count,
        "bytes": size,
        "page": page_of(request, held),
        "me": request.access.user,
        "may_push": is_allowed(request, Action.PUSH_CODE, project),
        "may_force": is_allowed(request, Action.FORCE_UNLOCK, project),
    }
    return render_page(request, "lfs/files.html", context)


@requires(Action.DOWNLOAD_CODE)
@require_safe
def download(request: PageRequest, project_path: str, oid: str) -> HttpResponseBase:
    row = LfsObject.objects.filter(project=request.access.project, blob=oid).first() if is_oid(oid) else None
    if row is None:
        raise Http404
    return respond.send(request, sha256=oid, size=row.size, name=oid, modified=row.created_at)


@requires(Action.PUSH_CODE)
@form_page
def unlock(request: PageRequest, project_path: str, lock_id: int) -> HttpResponseBase:
    """Asked with GET, done with POST. Somebody else's lock takes a maintainer."""
    project, by = request.access.project, current_user(request)
    lock = FileLock.objects.filter(project=project, pk=lock_id).select_related("owner").first()
    if lock is None:
        raise Http404
    is_own = lock.owner_id == by.pk
    if not is_own and not is_allowed(request, Action.FORCE_UNLOCK, project):
        raise PermissionDenied(_("The lock is somebody else's; only a maintainer can take it away."))
    if request.method == "POST":
        _unlock(request, lock, force=not is_own)
        return redirect(LIST, project.full_path)
    others = FileLock.objects.filter(project=project, owner=lock.owner_id).exclude(pk=lock.pk).count()
    what = ngettext("other lock of the same person stays.", "other locks of the same person stay.", others)
    context = {"lock": lock, "is_own": is_own, "effects": effect(others, what)}
    return render_page(request, "lfs/unlock.html", context, nav=LIST)


def _unlock(request: PageRequest, lock: FileLock, *, force: bool) -> None:
    try:
        locks.unlock_file(lock, by=current_user(request), force=force)
    except (FileLock.DoesNotExist, locks.NotTheOwner):
        messages.error(request, _("The lock has changed meanwhile. Nothing was unlocked."))
    else:
        messages.success(request, _("%(path)s unlocked.") % {"path": lock.path})
