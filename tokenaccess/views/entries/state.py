"""Suspend, restore and renew an entry of a project or group, each with one press of a button."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tokenaccess.adapters.pages import PageRequest, current_user
from tokenaccess.allowlist import services
from tokenaccess.errors import TokenAccessError
from tokenaccess.models.list_entry import ListEntry
from tokenaccess.views.entries.entry import entry_name, find_entry, list_page
from tokenaccess.views.error_text import error_text
from tokenaccess.views.frame import of_both


@require_POST
def _suspend(request: PageRequest, entry: int, **_address: str) -> HttpResponse:
    return _change(request, entry, services.suspend_entry, _("%(path)s is suspended and admits nobody."))


@require_POST
def _restore(request: PageRequest, entry: int, **_address: str) -> HttpResponse:
    return _change(request, entry, services.restore_entry, _("%(path)s is no longer suspended."))


@require_POST
def _renew(request: PageRequest, entry: int, **_address: str) -> HttpResponse:
    return _change(request, entry, services.renew_entry, _("%(path)s is renewed until %(end)s."))


def _change(request: PageRequest, pk: int, change: Callable[..., ListEntry], done: str) -> HttpResponse:
    found = find_entry(request, pk)
    name = entry_name(request, found)
    try:
        changed = change(found, by=current_user(request))
    except TokenAccessError as error:
        messages.error(request, error_text(error, name))
    else:
        end = date_format(changed.expires_at, "Y-m-d") if changed.expires_at else _("no day")
        messages.success(request, done % {"path": name, "end": end})
    return redirect(list_page(found), found.holder.full_path)


suspend_pages, restore_pages, renew_pages = of_both(_suspend, _restore, _renew)
