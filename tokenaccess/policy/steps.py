"""The outcome of one rule."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from tokenaccess.policy.reasons import Reason, reason_of


class Refusal(StrEnum):
    """How a refusal is answered. Each protocol has one function that translates it."""

    UNAUTHENTICATED = "unauthenticated"  # the credential is not valid: 401
    SIGN_IN = "sign in"  # a visitor asks for what only a signed-in caller may do: 401
    BLOCKED = "blocked"  # the account is blocked: 403 with the account sentence
    SCOPE = "scope"  # the personal token's scopes do not cover the action: 403 insufficient_scope
    HIDDEN = "hidden"  # must look like an absent target: 404
    OWN_PROJECT = "own project"  # a job's token serves for its own project only: 403 with the sentence
    PERMISSION = "permission"  # the allowlist entry does not grant it: 403 with the sentence that names it
    FORBIDDEN = "forbidden"  # visible, but not allowed: 403


class Step(NamedTuple):
    """One rule's verdict. `sentence` is for people; `refusal` is None when the rule passes. `in_trial`: how the request
    would be refused for this sentence if the target did more than try its limit, or its check of addresses."""

    rule: str
    sentence: str
    refusal: Refusal | None = None
    in_trial: Refusal | None = None

    @property
    def ok(self) -> bool:
        return self.refusal is None

    @property
    def reason(self) -> Reason:
        return reason_of(self.sentence)
