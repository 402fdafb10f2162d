"""“May a job of A, started by P, do X in B?”, answered without a job: for maintainers of A or B.

A reader who may not see the target is answered as for one that is not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from identity.models import User
from projects.models import Project
from tokenaccess.access.facts import find_pairs
from tokenaccess.access.gate import check_same_target
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.in_advance import check_projects_as_user
from tokenaccess.access.result import Access
from tokenaccess.access.sql.bulk_check import JobOnProject
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.explanation.group_words import describe_groups
from tokenaccess.explanation.nearest import find_entry_path, find_nearest_path
from tokenaccess.explanation.remedies import advise, find_remedy, matching_entry
from tokenaccess.explanation.remedy import Remedy
from tokenaccess.explanation.target_lists import mode_name
from tokenaccess.policy import Action, Caller, Decision, Facts, Step, Target, decide, explain
from tokenaccess.policy.facts import NO_FACTS


@dataclass
class Explanation:
    """`there`, `into`: what the reader may know of the source and the target; `into` is None for a target that they may
    not see. `at_target`: they are a maintainer there. Projects are loaded only for what needs more than their paths.
    """

    there: Access
    into: Access | None
    user: User
    reader: User
    action: Action
    at_target: bool
    decision: Decision
    steps: tuple[Step, ...]
    facts: Facts = NO_FACTS
    own_entry_id: int | None = None  # the target's own, where the facts are about it

    @property
    def source(self) -> Project:
        return self.there.project

    @property
    def target(self) -> Project | None:
        return None if self.into is None else self.into.project

    @cached_property
    def group_sentences(self) -> list[str]:
        """What the groups above the target have to do with it."""
        return describe_groups(self.facts, self.reader, at_target=self.at_target)

    @property
    def allowed(self) -> bool:
        return self.decision.allowed

    @property
    def trial(self) -> bool:
        return self.decision.trial is not None

    @property
    def action_name(self) -> str:
        return self.action.name.lower()

    @property
    def source_path(self) -> str:
        return _target_of(self.there).path

    @property
    def target_path(self) -> str | None:
        return None if self.into is None else _target_of(self.into).path

    @property
    def step_rows(self) -> list[dict[str, str]]:
        return describe_steps(self.steps)

    @property
    def failed(self) -> Step | None:
        return self.decision.reason or self.decision.trial

    @property
    def change(self) -> str | None:
        """In words."""
        return None if self.failed is None or self.into is None else str(advise(self.failed)) or None

    @cached_property
    def remedy(self) -> Remedy | None:
        if self.failed is None or self.target is None:
            return None
        return find_remedy(self.failed, self.source, self.target, self.reader)

    @cached_property
    def entry_path(self) -> str | None:
        """Of what the entry that applies names."""
        if not self.at_target or self.target_path is None:
            return None
        entry = self.facts.entry
        if entry is None and self.own_entry_id is None and not self.facts.barred_by:
            return None
        if entry is not None and not entry.group_id:
            return find_entry_path(self.own_entry_id or 0)
        assert self.target is not None
        found = matching_entry(self.target, self.source)
        return None if found is None else found.target.full_path

    @property
    def mode(self) -> str | None:
        """Of the target's limit as it takes effect, for its maintainers."""
        return mode_name(self.facts) if self.at_target else None

    @cached_property
    def miss_path(self) -> str | None:
        """Where no entry applies, of the one whose path has most in common with the source's."""
        if not self.at_target or self.into is None or self.entry_path is not None:
            return None
        return find_nearest_path(_target_of(self.into).id, self.source_path, self.reader)


def explain_access(
    reader: User, *, source: IdOrPath, target: IdOrPath, action: Action, username: str = ""
) -> Explanation:
    """Raises TokenAccessError: HIDDEN for a source or person that is not there, FORBIDDEN for who maintains neither."""
    there, into = check_projects_as_user(reader, Action.READ_PROJECT, [source, target])
    at_source = check_same_target(there, Action.READ_TOKEN_ACCESS).decision.allowed
    at_target = check_same_target(into, Action.READ_TOKEN_ACCESS).decision.allowed
    if not there.decision.allowed:
        raise TokenAccessError("404 Project Not Found", ErrorCode.HIDDEN)
    if not (at_source or at_target):
        raise TokenAccessError("It takes the Maintainer role in the source or the target", ErrorCode.FORBIDDEN)
    found = into if into.decision.allowed else None
    user = find_user(reader, username, maintains_target=at_target)
    source_id = _target_of(there).id
    pair = JobOnProject(source_id if found is None else _target_of(found).id, source_id, user.pk)
    judged = find_pairs([pair])[0]
    if judged is None:  # deleted meanwhile
        raise TokenAccessError("404 Project Not Found", ErrorCode.HIDDEN)
    caller, facts = judged.job, NO_FACTS if found is None else judged.facts
    entry_id = None if found is None else judged.entry_id
    decision, steps = decide(caller, action, facts), explain_steps(caller, action, facts)
    return Explanation(there, found, user, reader, action, at_target, decision, steps, facts, entry_id)


def _target_of(access: Access) -> Target:
    """Of one that the reader may see."""
    assert access.facts.target is not None
    return access.facts.target


def explain_steps(caller: Caller, action: Action, facts: Facts) -> tuple[Step, ...]:
    """Of what is not there, or hidden, the first failure: what is said of the person and of what any target has, would
    be said of none."""
    steps = explain(caller, action, facts)
    return steps if facts.target is not None else tuple(step for step in steps if not step.ok)[:1]


def find_user(reader: User, username: str, *, maintains_target: bool) -> User:
    """Whose role somewhere is told only to the maintainers there, and to themselves."""
    if not username or username.lower() == reader.username.lower():
        return reader
    if not maintains_target:
        raise TokenAccessError("Only a maintainer of the target may ask for somebody else", ErrorCode.FORBIDDEN)
    user = User.objects.filter(username__iexact=username).first()
    if user is None:
        raise TokenAccessError("404 User Not Found", ErrorCode.HIDDEN)
    return user


def describe_steps(steps: Iterable[Step]) -> list[dict[str, str]]:
    return [{"rule": step.rule, "verdict": _verdict(step), "sentence": step.sentence} for step in steps]


def _verdict(step: Step) -> str:
    if step.in_trial is not None:
        return "trial"
    return "passed" if step.ok else "refused"
