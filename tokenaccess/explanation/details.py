"""What a question says of the branch, tag or package that the action would touch, and of the person's role.

Enforcement looks at refs and packages once the caller is admitted. So does a question: what protects them is put among
the facts of what is allowed without, and `decide` judges again. Apps further out add the kinds of details that they
know (in their AppConfig.ready):

    KINDS.append(DetailKind(fields={"package_name": ()}, …))
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from tokenaccess.policy import Action, Caller, Facts, decide
from tokenaccess.policy.levels import Role

Details = Mapping[str, Any]  # property → value


class Properties(NamedTuple):
    """What a question says beyond who, what and where. `role`: what if the person had that one in the target.
    `ignored`: names of what else it says, which decides nothing."""

    role: Role | None = None
    details: Details = MappingProxyType({})
    ignored: tuple[str, ...] = ()


NO_PROPERTIES = Properties()


class Touched(NamedTuple):
    """`target`: the project's id, 0 where nothing may be looked at."""

    target: int
    action: Action
    details: Details


class Restriction(NamedTuple):
    """What the facts become; and what the request itself would be answered if that refuses it."""

    changes: Mapping[str, Any]
    message: str
    status: int = 403

    def apply(self, facts: Facts) -> Facts:
        return facts._replace(**self.changes)


@dataclass(frozen=True)
class DetailKind:
    """`fields`: the properties, each with the words that it takes, none for any text. `required`: those without which
    the others say nothing. `reads`: which of them the action depends on, if any. `find`: the restriction of each, in
    one statement, whatever is there.
    """

    fields: Mapping[str, Sequence[str]]
    required: Sequence[str]
    reads: Callable[[Action, Details], Collection[str]]
    find: Callable[[Sequence[Touched]], list[Restriction]]


class Case(NamedTuple):
    """`caller` and `facts` are None where nobody may know."""

    action: Action
    details: Details
    caller: Caller | None
    facts: Facts | None

    @property
    def admitted_to(self) -> int:
        """The id of the target, 0 if it takes no details to refuse."""
        if self.caller is None or self.facts is None or self.facts.target is None:
            return 0
        return self.facts.target.id if decide(self.caller, self.action, self.facts).allowed else 0


def find_restrictions(cases: Sequence[Case]) -> list[Restriction | None]:
    """None for what has no details that matter, or is refused without them. One statement for each kind of detail that
    any of the questions has."""
    found: list[Restriction | None] = [None] * len(cases)
    for kind in KINDS:
        places = [n for n, case in enumerate(cases) if case.details and kind.reads(case.action, case.details)]
        if not places:
            continue
        touched = [Touched(cases[n].admitted_to, cases[n].action, cases[n].details) for n in places]
        for n, one, restriction in zip(places, touched, kind.find(touched), strict=True):
            found[n] = restriction if one.target else None
    return found


KINDS: list[DetailKind] = []
