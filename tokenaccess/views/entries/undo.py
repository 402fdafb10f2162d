"""Undo the last change of many entries: the button beside the list, and after pasted paths were added."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from text.numbers import parse_number
from tokenaccess.adapters.pages import PageRequest, current_user
from tokenaccess.allowlist import services
from tokenaccess.allowlist.targets import visible_paths
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import BulkChange
from tokenaccess.views.error_text import error_text
from tokenaccess.views.frame import back_to, of_both, target_of

OFFERED_FOR = timedelta(days=1)
MAX_NAMES = 5


def offered_undo(request: PageRequest) -> BulkChange | None:
    """The last change of many entries of the list, as long as a button is shown for it."""
    holder = target_of(request)
    rows = BulkChange.objects.filter(**{str(holder.kind): holder}, at__gte=timezone.now() - OFFERED_FOR)
    return rows.select_related("by").first()


@require_POST
def _undo(request: PageRequest, **_address: str) -> HttpResponse:
    """`change`: the id of the change that the button was for."""
    pk = parse_number(request.POST.get("change", ""))
    if pk is None:
        raise BadRequest(_("%(name)s is invalid") % {"name": "change"})
    try:
        gone = services.undo_bulk_change(target_of(request), pk, by=current_user(request))
    except services.UndoRefused as refused:
        messages.error(request, " ".join([_("Nothing was changed."), _reason(request, refused)]))
    except TokenAccessError as error:
        messages.error(request, " ".join([_("Nothing was changed."), error_text(error, _("what was listed"))]))
    else:
        if gone is None:
            messages.error(request, _("There is nothing to undo."))
        else:
            _report(request, gone)
    return back_to(request, "token_access")


def _reason(request: PageRequest, refused: services.UndoRefused) -> str:
    """With the entries that stand in the way, as far as the user may see what they name."""
    paths, code = visible_paths(refused.keys, current_user(request)), refused.error.code
    if code is ErrorCode.HIDDEN:
        return _("An entry names a project or group that you cannot see: undoing would let it in again.")
    if code is ErrorCode.FORBIDDEN:
        return error_text(refused.error, paths[0] if paths else _("what was listed"))
    said = _("Somebody has changed these entries since.") if code is ErrorCode.STALE else error_text(refused.error, "")
    return f"{said} {_names(paths, len(refused.keys))}" if paths else said


def _names(paths: list[str], count: int) -> str:
    others = count - len(paths[:MAX_NAMES])
    more = ngettext("%(count)d other", "%(count)d others", others) % {"count": others}
    return _("In the way: %(names)s.") % {"names": ", ".join([*paths[:MAX_NAMES], *([more] if others else [])])}


def _report(request: PageRequest, gone: int) -> None:
    lost = ngettext(
        "%(count)d entry is not back: what it named is gone.",
        "%(count)d entries are not back: what they named is gone.",
        gone,
    )
    done = _("Undone: the entries are as they were.")
    messages.success(request, f"{done} {lost % {'count': gone}}" if gone else done)


(undo_pages,) = of_both(_undo)
