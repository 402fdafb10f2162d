"""What a change of Token Access is refused for, in the reader's language: the services say it in English, as the API
answers it."""

from __future__ import annotations

from tokenaccess.explanation.phrases import Phrases

ERROR = "error"
# What may be put into a sentence below.
PARTS = ("project", "group", "a name or pattern", "a tag", "a network such as 10.0.0.0/8", "one of {0}")
SENTENCES = (
    *PARTS,
    "A personal namespace sets no rules",
    "A review of this {0} is open already",
    "The review is signed off",
    "The review is not complete: entries without a decision: {0}",
    "There is no such entry",
    "There is no such decision",
    "There is nothing to review: nothing is on the lists of this {0}",
    "Job token policies must be a valid json schema",
    "Job tokens used from elsewhere are refused only after a trial: put them on trial first",
    "Job token scope cannot be disabled for this project because it is enforced for the instance.",
    "note is too long (maximum is {0} characters)",
    "reason is too long (maximum is {0} characters)",
    "note must not contain the invisible character {0}",
    "reason must not contain the invisible character {0}",
    "owner is not a member of the {0}",
    "expires_at must be a day to come",
    "permissions are for inbound entries",
    "conditions are for inbound entries",
    "conditions: {0} must be true or false",
    "conditions: {0} must be a list",
    "conditions: {0} is not known",
    "conditions: {0} is empty; leave it out to ask for nothing",
    "conditions: {0} has more than {1} values",
    "conditions: {0} has {1}, which is not {2}",
    "It is no finding any more: somebody has changed it",
    "It takes the right to change what the finding is about",
    "No single change mends it",
    "The log or the list has changed since the entries were suggested",
)
NAMES = {
    "conditions: {0} must be true or false": {0},
    "conditions: {0} must be a list": {0},
    "conditions: {0} is not known": {0},
    "conditions: {0} is empty; leave it out to ask for nothing": {0},
    "conditions: {0} has more than {1} values": {0},
    "conditions: {0} has {1}, which is not {2}": {0, 1},
}
_ERRORS = Phrases(ERROR, SENTENCES, names=NAMES)


def error_words(message: str) -> str:
    """As it is where the catalogue does not know it."""
    return _ERRORS.translate(message)
