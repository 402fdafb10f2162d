"""The rules of a project: the settings page with both limits, the lists, the log and the latest changes."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs import shared_shell
from portal.listing import page_of, words
from tokenaccess import effects, history, overview, rows, uses
from tokenaccess.forms import AddForm, PathForm
from tokenaccess.models import AllowlistEntry, AuthorizationRecord
from tokenaccess.policy import Action
from tokenaccess.views.frame import frame, helped
from tokenaccess.web import PageRequest, acting, requires

LATEST = 5
LATEST_OUTBOUND = 10
MOST_REACHED = 100


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def rules(request: PageRequest, project_path: str) -> HttpResponse:
    """`/-/settings/ci_cd` and `/-/settings/ci_cd/token_access`."""
    return rules_page(request)


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def reach(request: PageRequest, project_path: str) -> HttpResponse:
    """`…/token_access/outbound`: what the project's own jobs may reach, and did reach."""
    return reach_page(request)


def rules_page(request: PageRequest, *, add_form: AddForm | None = None, status: int = 200) -> HttpResponse:
    """With `add_form` when the last try to add failed: what was entered is still in it."""
    project, user = request.access.project, acting(request)
    q, kind = words(request), request.GET.get("kind", "")
    door = overview.door(project, user)
    listed = page_of(request, rows.inbound(project, user, q=q, kind=kind))
    recent = effects.came_in(project).select_related("origin_project__group")
    found: dict[str, Any] = {
        "shell": shared_shell.of_project(project),
        "own_row": listed.number == 1 and not q and not kind,
        "listed": listed,
        "rows": rows.rows(list(listed.object_list), user),
        "q": q,
        "kind": kind,
        "auto_added": AllowlistEntry.objects.inbound().filter(project=project, autopopulated=True).count(),
        "add_form": add_form or helped(AddForm()),
        "add_open": add_form is not None or not (door.projects or door.groups),
        "inbound_turned": overview.turned(project, "inbound", on=door.settings.limits_inbound),
        "outbound_rows": rows.rows(list(rows.outbound(project)[:LATEST_OUTBOUND]), user),
        "log": uses.came_in(project, list(recent[:LATEST]), user),
        "log_ever": AuthorizationRecord.objects.filter(accessed_project=project).exists(),
        "changes": history.told(list(history.of_rules(project)[:LATEST]), user),
    }
    return render(request, "tokenaccess/rules.html", frame(project, door=door, **found), status=status)


def reach_page(request: PageRequest, *, add_form: PathForm | None = None, status: int = 200) -> HttpResponse:
    project, user = request.access.project, acting(request)
    door = overview.door(project, user)
    listed = page_of(request, rows.outbound(project))
    reached = effects.went_out(project).select_related("accessed_project")
    found = {
        "listed": listed,
        "rows": rows.rows(list(listed.object_list), user),
        "add_form": add_form or helped(PathForm()),
        "add_open": add_form is not None or not door.outbound,
        "reached": uses.went_out(list(reached[:MOST_REACHED]), user),
    }
    return render(request, "tokenaccess/reach.html", frame(project, door=door, **found), status=status)
