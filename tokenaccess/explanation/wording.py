"""Reasons and actions in the reader's language.

The policy and the log word them in English, which is what the API answers. Pages translate them here: the catalogue
has them under the contexts below, put there by scripts/messages.py.
"""

from __future__ import annotations

from django.utils.translation import pgettext

from tokenaccess.explanation.phrases import Phrases
from tokenaccess.policy import RefOperation
from tokenaccess.policy.conditions import UNMET
from tokenaccess.policy.levels import Role

REASON, ACTION = "reason", "action"
# Sentences into which the policy puts something; {0} is the first of it. A test holds them against the policy.
PATTERNS = (
    "A project or group access token can never {0}.",
    "An upload token can never {0}.",
    "Insufficient permissions to access this resource in project {0}. The following token permission{1} required: {2}.",
    "The account of {0} is blocked.",
    "The project has {0} turned off.",
    "The token needs the permission {0} there.",
    "The token needs the scope {0}.",
    "The upload token is not for the package {0}.",
    "The {0} {1} is protected: {2}, {3} there, may not {4} it.",
    "This kind of credential can never {0}.",
    "{0} and did not ask for {1} in project {2}.",
    "{0} and did not name the project {1}.",
    "{0} is {1} there.",
    "{0} {1} there; {2}.",
    "{0}nobody: its condition {1} is not known.",
    "{0}only {1}, {2}.",
)
# What it may put there in words: a reader's language needs them too.
PARTS = (
    *(role.name.lower() for role in Role if role),
    *RefOperation,
    "branch",
    "tag",
    "has no role",
    "is {0}",
    "it takes {0}",
    "that is left to no one",
    UNMET,
    "jobs of pipelines started by {0}",
    "jobs of projects that are no forks",
    "jobs of the environments {0}",
    "jobs on protected branches and tags",
    "jobs on runners in {0}",
    "jobs on runners tagged {0}",
    "jobs on {0}",
    "jobs that nobody retried by hand",
    "and this is none",
    "which cannot be known before there is a job",
    "The job narrowed its token (TOKEN_ACCESS)",
    "an action that no permission grants",
)


# Where a pattern has the name of a person or a ref.
NAMES = {
    "The account of {0} is blocked.": {0},
    "The {0} {1} is protected: {2}, {3} there, may not {4} it.": {1, 2},
    "{0} is {1} there.": {0},
    "{0} {1} there; {2}.": {0},
}

_REASONS = Phrases(REASON, (*PATTERNS, *PARTS), [ACTION], NAMES)


def reason_words(sentence: str) -> str:
    """A `Step.sentence` as the reader's language has it; as it is where the catalogue does not know it."""
    return _REASONS.translate(sentence)


def action_words(action: str) -> str:
    """What an `Action` does, after "wanted to"."""
    return pgettext(ACTION, action)
