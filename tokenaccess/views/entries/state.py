"""Suspend, restore and renew an entry, each with one press of a button."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.allowlist import services
from tokenaccess.allowlist.services.terms import EntryT
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import AllowlistEntry, Direction
from tokenaccess.policy import Action
from tokenaccess.views.entries.entry import entry_name, find_entry
from tokenaccess.views.error_text import error_text

LIST_PAGES = {Direction.INBOUND: "project_token_access", Direction.OUTBOUND: "project_token_access_outbound"}
SUSPENDED = gettext_lazy("%(path)s is suspended and admits nobody.")
RESTORED = gettext_lazy("%(path)s is no longer suspended.")
RENEWED = gettext_lazy("%(path)s is renewed until %(end)s.")


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def suspend(request: PageRequest, project_path: str, entry: int) -> HttpResponse:
    return _change(request, entry, services.suspend_entry, SUSPENDED)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def restore(request: PageRequest, project_path: str, entry: int) -> HttpResponse:
    return _change(request, entry, services.restore_entry, RESTORED)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def renew(request: PageRequest, project_path: str, entry: int) -> HttpResponse:
    return _change(request, entry, services.renew_entry, RENEWED)


def change_state(request: PageRequest, entry: EntryT, change: Callable[..., EntryT], done: str | Promise) -> None:
    """Leaves a message for the next page."""
    name = entry_name(request, entry)
    try:
        changed = change(entry, by=current_user(request))
    except TokenAccessError as error:
        messages.error(request, error_text(error, name))
    else:
        end = date_format(changed.expires_at, "Y-m-d") if changed.expires_at else _("no day")
        messages.success(request, str(done) % {"path": name, "end": end})


def _change(request: PageRequest, pk: int, change: Callable[..., AllowlistEntry], done: str | Promise) -> HttpResponse:
    found = find_entry(request, pk)
    change_state(request, found, change, done)
    return redirect(LIST_PAGES[Direction(found.direction)], request.access.project.full_path)
