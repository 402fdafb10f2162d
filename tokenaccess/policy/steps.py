"""The outcome of one rule."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Refusal(StrEnum):
    """How a refusal is to be answered. Each protocol has one translator from these to its own tongue."""

    DEAD = "dead"  # the credential is worth nothing: 401
    SIGN_IN = "sign in"  # nobody asks for what only somebody may: 401
    BLOCKED = "blocked"  # the account is blocked: 403 with the account sentence
    SCOPE = "scope"  # the personal token's scopes do not reach: 403 insufficient_scope
    HIDDEN = "hidden"  # must look like "there is no such thing": 404
    PERMISSION = "permission"  # the allowlist entry does not grant it: 403 with the sentence that names it
    FORBIDDEN = "forbidden"  # seen, but not allowed: 403


class Step(NamedTuple):
    """One rule's verdict. `sentence` is for people; `refusal` is None when the rule is content."""

    rule: str
    sentence: str
    refusal: Refusal | None = None

    @property
    def ok(self) -> bool:
        return self.refusal is None
