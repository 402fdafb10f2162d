"""Makes, changes and deletes webhooks; tries them out; sends again."""

from hooks.services.hooks import (
    create_hook,
    delete_hook,
    remove_secret,
    set_secret,
    update_hook,
)
from hooks.services.trial import NothingToSend, TooManyRequests, resend, test_hook

__all__ = [
    "NothingToSend",
    "TooManyRequests",
    "create_hook",
    "delete_hook",
    "remove_secret",
    "resend",
    "set_secret",
    "test_hook",
    "update_hook",
]
