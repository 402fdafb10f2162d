"""“May a job of A, started by P, do X in B?”, answered without a job: for maintainers of A or B.

A reader who may not see the target is answered as for one that is not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models.functions import Coalesce

from identity.models import User
from projects.models import Project
from tokenaccess.access.facts import find_pairs
from tokenaccess.access.gate import check_as_user, check_same_target
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.sql.bulk_check import JobOnProject
from tokenaccess.allowlist.inherited import AnyEntry
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.explanation.group_words import describe_groups
from tokenaccess.explanation.remedies import Remedy, advise, find_remedy, matching_entry
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy import Action, Caller, Decision, Facts, Step, decide, explain
from tokenaccess.policy.facts import NO_FACTS

MAX_ENTRIES = 400  # that are searched for the nearest


@dataclass
class Explanation:
    """`target` is None for one that the reader may not see. `at_target`: they are a maintainer there."""

    source: Project
    target: Project | None
    user: User
    reader: User
    action: Action
    at_target: bool
    decision: Decision
    steps: tuple[Step, ...]
    facts: Facts = NO_FACTS
    own_entry_id: int | None = None  # the target's own, where the facts are about it

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
    def target_path(self) -> str | None:
        return None if self.target is None else self.target.full_path

    @property
    def step_rows(self) -> list[dict[str, str]]:
        return describe_steps(self.steps)

    @property
    def failed(self) -> Step | None:
        return self.decision.reason or self.decision.trial

    @property
    def change(self) -> str | None:
        """In words."""
        return None if self.failed is None or self.target is None else str(advise(self.failed)) or None

    @cached_property
    def remedy(self) -> Remedy | None:
        return None if self.target is None else find_remedy(self.failed, self.source, self.target, self.reader)

    @cached_property
    def entry(self) -> AnyEntry | None:
        if not self.at_target or self.target is None:
            return None
        entry = self.facts.entry
        if entry is None and self.own_entry_id is None and not self.facts.barred_by:
            return None
        if entry is not None and not entry.group_id:
            own = AllowlistEntry.objects.select_related("target_project", "target_group")
            return own.filter(pk=self.own_entry_id or 0).first()
        return matching_entry(self.target, self.source)

    @property
    def entry_path(self) -> str | None:
        return None if self.entry is None else self.entry.target.full_path

    @cached_property
    def miss(self) -> AllowlistEntry | None:
        """Where no entry applies, the one whose path has most in common with the source's."""
        if not self.at_target or self.target is None or self.entry is not None:
            return None
        rows = AllowlistEntry.objects.inbound().filter(project=self.target)
        path = Coalesce("target_project__full_path", "target_group__full_path")
        # Their paths alone: hundreds of entries as objects take longer than all that is explained.
        paths = list(rows.values_list("pk", path)[:MAX_ENTRIES])
        source = self.source.full_path
        pk, nearest = max(paths, key=lambda row: _common(row[1], source), default=(0, ""))
        if not _common(nearest, source):
            return None
        return rows.select_related("target_project", "target_group").filter(pk=pk).first()

    @property
    def miss_path(self) -> str | None:
        return None if self.miss is None else self.miss.target.full_path


def explain_access(
    reader: User, *, source: IdOrPath, target: IdOrPath, action: Action, username: str = ""
) -> Explanation:
    """Raises TokenAccessError: HIDDEN for a source or person that is not there, FORBIDDEN for who maintains neither."""
    from_there = check_as_user(reader, Action.READ_PROJECT, source)
    into = check_as_user(reader, Action.READ_PROJECT, target)
    at_source = check_same_target(from_there, Action.READ_TOKEN_ACCESS).decision.allowed
    at_target = check_same_target(into, Action.READ_TOKEN_ACCESS).decision.allowed
    if not from_there.decision.allowed:
        raise TokenAccessError("404 Project Not Found", ErrorCode.HIDDEN)
    if not (at_source or at_target):
        raise TokenAccessError("It takes the Maintainer role in the source or the target", ErrorCode.FORBIDDEN)
    found = into.project if into.decision.allowed else None
    user = find_user(reader, username, maintains_target=at_target)
    pair = JobOnProject(from_there.project.pk if found is None else found.pk, from_there.project.pk, user.pk)
    judged = find_pairs([pair])[0]
    if judged is None:  # deleted meanwhile
        raise TokenAccessError("404 Project Not Found", ErrorCode.HIDDEN)
    caller, facts = judged.job, NO_FACTS if found is None else judged.facts
    entry_id = None if found is None else judged.entry_id
    decision, steps = decide(caller, action, facts), explain_steps(caller, action, facts)
    return Explanation(from_there.project, found, user, reader, action, at_target, decision, steps, facts, entry_id)


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


def _common(one: str, other: str) -> int:
    """How many groups from the top both are in."""
    count = 0
    for left, right in zip(one.lower().split("/"), other.lower().split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count
