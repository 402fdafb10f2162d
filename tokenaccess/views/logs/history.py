"""The history of a project, and of the Token Access of a group: who changed what, when and from where."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from api.input.fields import Choice, Text
from api.input.parameters import OwnParameters
from audit.models import AuditEventQuerySet
from pages.frame import render_page
from pages.listing import MAX_QUERY, page_of, search_term
from pages.parameters import page_parameters
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.allowlist.display import history as changes
from tokenaccess.policy import Action

TOPICS = [("", _("Everything")), ("token_access", "Token Access")]


class GroupHistoryFilters(OwnParameters):
    q = Text(max_length=MAX_QUERY)


class HistoryFilters(GroupHistoryFilters):
    only = Choice([name for name, _words in TOPICS if name], default="")


@requires(Action.READ_AUDIT)
@require_safe
def history(request: PageRequest, project_path: str) -> HttpResponse:
    """`/-/audit_events`; `?only=token_access` and `?q=` narrow it."""
    only = page_parameters(request, HistoryFilters)["only"]
    project, q = request.access.project, search_term(request)
    events = changes.token_access_events(project) if only == "token_access" else changes.project_events(project)
    context = {"only": only, "topics": TOPICS}
    return render_page(request, "tokenaccess/history.html", context | _page(request, events, q))


@requires(Action.READ_GROUP_TOKEN_ACCESS)
@require_safe
def group_history(request: PageRequest, group_path: str) -> HttpResponse:
    """`/groups/<path>/-/settings/token_access/history`; `?q=` narrows it."""
    page_parameters(request, GroupHistoryFilters)
    events = changes.token_access_events(request.access.group)
    context = _page(request, events, search_term(request))
    return render_page(request, "tokenaccess/group_history.html", context, nav="group_token_access")


def _page(request: PageRequest, events: AuditEventQuerySet, q: str) -> dict[str, Any]:
    page = page_of(request, changes.search(events, q, current_user(request)) if q else events)
    return {"page": page, "changes": changes.redact_for(list(page.object_list), current_user(request)), "q": q}
