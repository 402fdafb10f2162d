"""What a job would be answered itself, with details of what it would touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.in_advance import check_in_advance
from tokenaccess.access.result import Access
from tokenaccess.explanation.details import Case, Details, Restriction, find_restrictions
from tokenaccess.policy import Action, Job, decide


class OwnAnswer(NamedTuple):
    """`refused_by`: where it is the details that refuse it."""

    access: Access
    refused_by: Restriction | None = None


def check_own(job: Job, wanted: Sequence[tuple[IdOrPath, Action, Details]]) -> list[OwnAnswer]:
    """As `check_in_advance`, and a statement for each kind of detail that any has."""
    answers = check_in_advance(job, [(target, action) for target, action, _ in wanted])
    if not any(details for _, _, details in wanted):
        return [OwnAnswer(access) for access in answers]
    cases = [
        Case(access.action, details, access.caller, access.facts)
        for access, (_, _, details) in zip(answers, wanted, strict=True)
    ]
    return [_restrict(access, one) for access, one in zip(answers, find_restrictions(cases), strict=True)]


def _restrict(access: Access, restriction: Restriction | None) -> OwnAnswer:
    if restriction is None:
        return OwnAnswer(access)
    facts = restriction.apply(access.facts)
    narrowed = replace(access, facts=facts, decision=decide(access.caller, access.action, facts))
    return OwnAnswer(narrowed, None if narrowed.decision.allowed else restriction)
