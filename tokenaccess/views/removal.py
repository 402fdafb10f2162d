"""The question before an entry is removed: what follows, in numbers."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tokenaccess.effects import Removal
from tokenaccess.models import AllowlistEntry, Direction
from tokenaccess.views.limits import Effects, Question


def question(entry: AllowlistEntry, name: str, removal: Removal) -> Question:
    inbound = entry.direction == Direction.INBOUND
    return Question(
        question=_("Remove %(name)s from the list?") % {"name": name},
        button=_("Remove %(name)s") % {"name": name},
        keep=_("Keep it"),
        effects=_inbound(removal) if inbound else _outbound(removal),
        stays=_(
            "You can add it again at any time, if you are maintainer of it then. "
            "The change is kept in the history with your name."
        ),
        icon="trash",
    )


def _inbound(removal: Removal) -> Effects:
    effects: Effects = []
    if lost := len(removal.refused):
        what = ngettext("project would be refused.", "projects would be refused.", lost)
        why = _("Its jobs came in within 30 days; from now on they get “404, not found”.")
        effects.append((lost, what, why))
    if kept := len(removal.still):
        what = ngettext("project would still be let in,", "projects would still be let in,", kept)
        effects.append((kept, what, _("because another entry of the list covers it.")))
    if removal.jobs:
        what = ngettext("job is running now.", "jobs are running now.", removal.jobs)
        effects.append((removal.jobs, what, _("The next request with its token is refused.")))
    return effects


def _outbound(removal: Removal) -> Effects:
    if not removal.refused:
        return []
    what = _("project would be out of reach.")
    return [(1, what, _("Jobs of this project were let in there within 30 days."))]
