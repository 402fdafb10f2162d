"""What a page says about a change that is refused."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.explanation.error_wording import error_words
from tokenaccess.models import InstanceSettings


def error_text(error: TokenAccessError, path: str) -> str:
    """The error for users: what is wrong, and what to do next."""
    limit = InstanceSettings.current().allowlist_limit if error.code is ErrorCode.LIMIT_REACHED else 0
    sentences = {
        ErrorCode.HIDDEN: _("There is no project or group %(path)s that you can see. Check the spelling."),
        ErrorCode.FORBIDDEN: _("You are not a maintainer of %(path)s. Ask one of its maintainers to add the entry."),
        ErrorCode.SELF: _("%(path)s is this project itself. It is always on its own list."),
        ErrorCode.ALREADY_LISTED: _("%(path)s is on the list already."),
        ErrorCode.LIMIT_REACHED: _(
            "The list is full (limit: %(most)d). Remove an entry, or replace several with their group."
        ),
        ErrorCode.NOT_LISTED: _("%(path)s is no longer on the list."),
    }
    sentence = sentences.get(error.code)
    return sentence % {"path": path, "most": limit} if sentence else error_words(error.message)
