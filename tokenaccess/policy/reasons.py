"""What a step refuses for, where somebody can do something about it. The rules word it; who has a sentence only, as the
log has, asks here for its reason."""

from __future__ import annotations

from enum import StrEnum

from tokenaccess.policy.conditions import UNMET
from tokenaccess.policy.facts import EntryState

NOT_LISTED_INBOUND = "Its project is not on the allowlist of the project it asks for."
BARRED_BY_CEILING = "A group above the project it asks for does not allow an entry for the job's project."
NOT_LISTED_OUTBOUND = "Its own project limits outbound access and does not list this one."
LAPSED_INBOUND = {
    EntryState.EXPIRED: "Its project's entry on the allowlist of the project it asks for has expired.",
    EntryState.SUSPENDED: "Its project's entry on the allowlist of the project it asks for is suspended.",
}
LAPSED_OUTBOUND = {
    EntryState.EXPIRED: "Its own project limits outbound access, and its entry for this one has expired.",
    EntryState.SUSPENDED: "Its own project limits outbound access, and its entry for this one is suspended.",
}
INBOUND_SENTENCES = (NOT_LISTED_INBOUND, BARRED_BY_CEILING, *LAPSED_INBOUND.values())
OUTBOUND_SENTENCES = (NOT_LISTED_OUTBOUND, *LAPSED_OUTBOUND.values())
# job-token.md §1.5, row a
OWN_PROJECT_ONLY = (
    "This project's CI/CD job token cannot be used to authenticate with the container registry of a different project."
)
_REFS = ("The branch ", "The tag ")


class Reason(StrEnum):
    NOT_LISTED = "not listed"
    BARRED = "barred by a ceiling"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    CONDITION = "condition"
    NOT_LISTED_OUTBOUND = "not listed outbound"
    EXPIRED_OUTBOUND = "expired outbound"
    SUSPENDED_OUTBOUND = "suspended outbound"
    OWN_PROJECT = "own project"
    PROTECTED_REF = "protected ref"
    OTHER = "other"  # which the rule alone says enough about


_BY_SENTENCE = {
    NOT_LISTED_INBOUND: Reason.NOT_LISTED,
    BARRED_BY_CEILING: Reason.BARRED,
    LAPSED_INBOUND[EntryState.EXPIRED]: Reason.EXPIRED,
    LAPSED_INBOUND[EntryState.SUSPENDED]: Reason.SUSPENDED,
    NOT_LISTED_OUTBOUND: Reason.NOT_LISTED_OUTBOUND,
    LAPSED_OUTBOUND[EntryState.EXPIRED]: Reason.EXPIRED_OUTBOUND,
    LAPSED_OUTBOUND[EntryState.SUSPENDED]: Reason.SUSPENDED_OUTBOUND,
    OWN_PROJECT_ONLY: Reason.OWN_PROJECT,
}


def reason_of(sentence: str) -> Reason:
    if sentence.startswith(UNMET):
        return Reason.CONDITION
    if sentence.startswith(_REFS) and " is protected: " in sentence:
        return Reason.PROTECTED_REF
    return _BY_SENTENCE.get(sentence, Reason.OTHER)
