"""Who changed what in a project, when and from where."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.listing import page_of, words
from tokenaccess import history as told
from tokenaccess.policy import Action
from tokenaccess.web import PageRequest, acting, requires


@requires(Action.READ_AUDIT)
@require_safe
def history(request: PageRequest, project_path: str) -> HttpResponse:
    """`/-/audit_events`; `?only=token_access` and `?q=` narrow it."""
    project, q = request.access.project, words(request)
    only = request.GET.get("only", "")
    events = told.of_rules(project) if only == "token_access" else told.of(project)
    page = page_of(request, told.search(events, q, acting(request)) if q else events)
    shown = told.told(list(page.object_list), acting(request))
    context = {"project": project, "page": page, "changes": shown, "q": q, "only": only}
    return render(request, "tokenaccess/history.html", context)
