"""Who changed what in a project, when and from where."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.models import AuditEvent
from portal.listing import page_of, words
from tokenaccess import overview
from tokenaccess.policy import Action
from tokenaccess.web import PageRequest, requires


@requires(Action.READ_AUDIT)
@require_safe
def history(request: PageRequest, project_path: str) -> HttpResponse:
    """`/-/audit_events`; `?only=token_access` and `?q=` narrow it."""
    project, q = request.access.project, words(request)
    only = request.GET.get("only", "")
    told = overview.changes(project) if only == "token_access" else AuditEvent.objects.of_project(project.pk)
    if q:
        told = told.filter(Q(message__icontains=q) | Q(actor_name__icontains=q))
    page = page_of(request, told.order_by("-id"))
    return render(request, "tokenaccess/history.html", {"project": project, "page": page, "q": q, "only": only})
