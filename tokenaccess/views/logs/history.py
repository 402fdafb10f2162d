"""The history of a project: who changed what, when and from where."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from api.input.fields import Choice, Text
from api.input.parameters import OwnParameters
from pages.frame import render_page
from pages.listing import MAX_QUERY, page_of, search_term
from pages.parameters import page_parameters
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.allowlist.display import history as changes
from tokenaccess.policy import Action

TOPICS = [("", _("Everything")), ("token_access", "Token Access")]


class HistoryFilters(OwnParameters):
    only = Choice([name for name, _words in TOPICS if name], default="")
    q = Text(max_length=MAX_QUERY)


@requires(Action.READ_AUDIT)
@require_safe
def history(request: PageRequest, project_path: str) -> HttpResponse:
    """`/-/audit_events`; `?only=token_access` and `?q=` narrow it."""
    only = page_parameters(request, HistoryFilters)["only"]
    project, q = request.access.project, search_term(request)
    events = changes.token_access_events(project) if only == "token_access" else changes.project_events(project)
    page = page_of(request, changes.search(events, q, current_user(request)) if q else events)
    lines = changes.redact_for(list(page.object_list), current_user(request))
    context = {"page": page, "changes": lines, "q": q, "only": only, "topics": TOPICS}
    return render_page(request, "tokenaccess/history.html", context)
