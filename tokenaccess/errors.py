"""Errors of changes to Token Access."""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """Each interface words its response by this code, or shows the message as it is."""

    FORBIDDEN = "forbidden"  # the user lacks the Maintainer role where it is required
    HIDDEN = "hidden"  # the target does not exist or the user may not see it; never say which
    SELF = "self"  # a project always admits its own jobs
    ALREADY_LISTED = "already listed"
    NOT_LISTED = "not listed"
    LIMIT_REACHED = "limit reached"  # as many entries as the instance allows
    INVALID = "invalid"  # an unknown permission, direction, setting or switch
    ENFORCED = "enforced"  # the instance enforces the limit
    LOCKED = "locked"  # the rule of a group above forbids it
    STALE = "stale"  # what was agreed to is another thing by now
    TOO_MANY = "too many"  # the log does not fit on the list, even when collapsed into groups


class TokenAccessError(Exception):
    """`message` is the contract's sentence (job-token.md §3.1, §4.2), without REST's `400 Bad request - `."""

    def __init__(self, message: str, code: ErrorCode) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
