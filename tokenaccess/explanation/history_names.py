"""Names that the history stores for machines, in the words of the pages: of checks, permissions, terms and modes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tokenaccess.allowlist.display.conditions import condition_lines
from tokenaccess.allowlist.permissions import permission_labels
from tokenaccess.models.review import ReviewDecision
from tokenaccess.policy.permissions import PERMISSION_NAMES
from tokenaccess.posture.checks import BY_NAME

Words = str | Promise

TERMS: dict[str, Words] = {
    "reason": _("Reason"),
    "owner": _("Owner"),
    "expires_at": _("End date"),
    "conditions": _("Conditions"),
    "inbound_mode": _("Limit access to all projects below"),
    "has_ceiling": _("Ceiling"),
    "is_locked": _("Lock"),
}
VALUES: dict[str, Words] = {
    "open": _("Each project decides"),
    "trial": _("At least on trial: what the limit would refuse is recorded"),
    "enforced": _("Enforced: only listed projects have access"),
    "true": _("Yes"),
    "false": _("No"),
    "null": _("None"),
}
DECISIONS: Mapping[str, Words] = {
    ReviewDecision.KEEP: _("Keep it"),
    ReviewDecision.CHANGE_END: _("Change its end"),
    ReviewDecision.SUSPEND: _("Suspend it"),
    ReviewDecision.REMOVE: _("Remove it"),
}


def spell_out(message: str) -> str:
    """A message of the history with such names in the reader's language; what is not known stays as it is."""
    for pattern, reword in _PLACES:
        message = pattern.sub(reword, message, count=1)
    return message


def _finding(match: re.Match[str]) -> str:
    check = BY_NAME.get(match[1])
    return match[0] if check is None else f"Finding “{check.title}” #"


def _policies(match: re.Match[str]) -> str:
    names = match[2].split(", ")
    return f"{match[1]}{', '.join(permission_labels(names))}" if set(names).issubset(PERMISSION_NAMES) else match[0]


def _decision(match: re.Match[str]) -> str:
    return f"{match[1]}{DECISIONS.get(match[2], match[2])}"


def _rule(match: re.Match[str]) -> str:
    return match[1] + ", ".join(_term(*item.partition(": ")[::2]) for item in match[2].split(", "))


def _term(name: str, value: str) -> str:
    return f"{TERMS.get(name, name)}: {VALUES.get(value, value)}"


def _terms(match: re.Match[str]) -> str:
    """Names, conditions, and that there is none: other values are people's own."""
    terms = _conditions(match[2])
    terms = re.sub(r"\b(owner|expires_at): null\b", lambda found: f"{found[1]}: {VALUES['null']}", terms)
    named = re.sub(
        r"(^|, )(reason|owner|expires_at|conditions): ", lambda found: f"{found[1]}{TERMS[found[2]]}: ", terms
    )
    return f"{match[1]}{named}"


def _conditions(terms: str) -> str:
    """The conditions, which are stored as JSON, as the table of entries has them."""
    before, _, after = terms.rpartition("conditions: {")
    try:
        stored, end = json.JSONDecoder().raw_decode("{" + after)
    except ValueError:
        return terms
    return f"{before}conditions: {'; '.join(condition_lines(stored)) or VALUES['null']}{after[end - 1 :]}"


def _list(match: re.Match[str]) -> str:
    rows, name, exported = match.groups()
    return rows + gettext(name) + exported


_PLACES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"^Finding (\w+) #"), _finding),
    (re.compile(r"( policies: )(\w+(?:, \w+)*)$"), _policies),
    (re.compile(r"( was reviewed: )(\w+)(?=$|, in the list for all projects of )"), _decision),
    (re.compile(r"^(Group rule of job token access changed: )(.+)$"), _rule),
    (re.compile(r"^(\d+ rows? of )(.+)( (?:was|were) exported)$"), _list),
    (re.compile(r"^(.+? was changed: )((?:reason|owner|expires_at|conditions): .+)$", re.DOTALL), _terms),
)
