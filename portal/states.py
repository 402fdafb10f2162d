"""One table per kind of state: how it looks (tally colour and icon) and the word people read."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Look(NamedTuple):
    """A state's tag: colour class without the `tag-` prefix ("" is grey), icon of the sprite, word."""

    colour: str
    icon: str
    word: str | Promise


UNKNOWN = Look("", "help", _("Unknown"))

ACCESS = {
    "enforced": Look("ok", "door", _("Enforced")),
    "trial": Look("info", "eye", _("Trial")),
    "open": Look("warn", "door-open", _("Open")),
    "off": Look("", "power", _("Off")),
}

CI = {
    "created": Look("", "waiting", _("Created")),
    "waiting_for_resource": Look("", "waiting", _("Waiting")),
    "preparing": Look("", "waiting", _("Preparing")),
    "pending": Look("warn", "clock", _("Pending")),
    "running": Look("live", "running", _("Running")),
    "success": Look("ok", "check", _("Passed")),
    "failed": Look("danger", "cross", _("Failed")),
    "failed_allowed": Look("warn", "warn", _("Failed, allowed")),
    "canceling": Look("", "stopped", _("Canceling")),
    "canceled": Look("", "stopped", _("Canceled")),
    "skipped": Look("", "skip", _("Skipped")),
    "manual": Look("", "play", _("Manual")),
    "scheduled": Look("", "schedule", _("Scheduled")),
}

VISIBILITY = {
    "private": Look("", "lock", _("Private")),
    "internal": Look("", "internal", _("Internal")),
    "public": Look("", "public", _("Public")),
}
