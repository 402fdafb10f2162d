"""The confirmation before an entry is removed, with its impact in numbers."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tokenaccess.allowlist.impact.impact import RemovalImpact
from tokenaccess.models import AllowlistEntry, Direction
from tokenaccess.views.frame import with_days
from tokenaccess.views.limits.switches import Confirmation, Effects


def removal_confirmation(entry: AllowlistEntry, name: str, removal: RemovalImpact) -> Confirmation:
    inbound = entry.direction == Direction.INBOUND
    return Confirmation(
        question=_("Remove %(name)s from the list?") % {"name": name},
        button=_("Remove %(name)s") % {"name": name},
        keep=_("Keep it"),
        effects=(_inbound(removal) if inbound else _outbound(removal)) or _nothing(),
        stays=_(
            "You can add it again at any time if you are a maintainer of it then. "
            "The history records the change with your name."
        ),
        icon="trash",
    )


def _inbound(removal: RemovalImpact) -> Effects:
    effects: Effects = []
    if lost := len(removal.blocked):
        what = ngettext("project would lose access.", "projects would lose access.", lost)
        why = with_days(_("Its jobs used it in the last %(days)d days; from now on they get “404 Not Found”."))
        effects.append((lost, what, why))
    if kept := len(removal.still_admitted):
        what = ngettext("project would keep access,", "projects would keep access,", kept)
        effects.append((kept, what, _("because another entry covers it.")))
    if removal.running_jobs:
        what = ngettext("job is running now.", "jobs are running now.", removal.running_jobs)
        why = ngettext(
            "Further requests with its token are refused.",
            "Further requests with their tokens are refused.",
            removal.running_jobs,
        )
        effects.append((removal.running_jobs, what, why))
    return effects


def _nothing() -> Effects:
    """Said too: whoever removes an entry should know that nobody will notice."""
    return [(0, with_days(_("requests of the last %(days)d days would be refused without it.")), "")]


def _outbound(removal: RemovalImpact) -> Effects:
    if not removal.blocked:
        return []
    what = ngettext("project could no longer be accessed.", "projects could no longer be accessed.", 1)
    return [(1, what, with_days(_("Jobs of this project used it in the last %(days)d days.")))]
