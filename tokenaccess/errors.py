"""Why a change to Token Access was not made."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """What kind of refusal it is. Each face words its own answer from it, or shows the message as it is."""

    FORBIDDEN = "forbidden"  # the editor is not maintainer where they must be
    HIDDEN = "hidden"  # what is to be added does not exist, or the editor may not see it: never tell which
    OWN = "own"  # a project is always on its own list
    LISTED = "listed"  # already there
    NOT_LISTED = "not listed"
    FULL = "full"  # as many entries as the instance allows
    INVALID = "invalid"  # an unknown permission, direction, setting or switch
    ENFORCED = "enforced"  # the instance keeps the limit on
    TOO_MANY = "too many"  # the log does not fit on the list, however it is compacted


class TokenAccessError(Exception):
    """`message` is the contract's sentence (job-token.md §3.1, §4.2), without REST's `400 Bad request - `."""

    def __init__(self, message: str, code: Code) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
