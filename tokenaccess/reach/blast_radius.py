"""How far it goes: if a project is taken over today, what its jobs may read or change elsewhere, and what the jobs of
the projects that they changed may, and so on.

A step leads from one project to another if a job of the first, started by a person who may start jobs there (a member
with at least Developer), is allowed an action in the second that visibility opens to nobody. A step that changes
something goes on from there, since what was changed runs in that project's own pipelines; one that reads ends there.
Any such member counts, or only one person, who then has to be a member in every step.
Administrators count where they are members. docs/reach.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from identity.models import User, today
from projects.models import Project
from tokenaccess.access.facts import job_facts_of_pairs
from tokenaccess.access.sql.bulk_check import JobOnProject
from tokenaccess.policy import Action, Facts, Job, Person, decide
from tokenaccess.policy.needs import JOB_ACTIONS, NEEDS
from tokenaccess.reach.directions import without_conditions
from tokenaccess.reach.step_candidates import MAX_CANDIDATES, find_candidates

MAX_DEPTH = 3
MAX_NODES = 200

_ELSEWHERE = [action for action in JOB_ACTIONS if not NEEDS[action].own_project]
CHANGES = [action for action in _ELSEWHERE if NEEDS[action].changes]
READS = [action for action in _ELSEWHERE if not NEEDS[action].changes]
_STRANGER = Person(0, "")  # what is open to them is no step


class Effect(StrEnum):
    CHANGE = "change"
    READ = "read"


@dataclass(frozen=True, slots=True)
class ReachStep:
    """Between projects, by id. `distance`: how many steps it takes, from 1. `actions`: what is allowed."""

    source: int
    target: int
    distance: int
    effect: Effect
    actions: tuple[Action, ...]


@dataclass
class BlastRadius:
    """`steps`: nearest first, of each distance by source and target. `is_cut`: there are more than were looked at."""

    project: Project
    person: User | None
    depth: int
    steps: list[ReachStep] = field(default_factory=list)
    is_cut: bool = False

    @property
    def first_steps(self) -> dict[int, ReachStep]:
        """Project id → the first step there; one that changes counts before any that reads."""
        first: dict[int, ReachStep] = {}
        for step in self.steps:
            known = first.get(step.target)
            if known is None or (known.effect is Effect.READ and step.effect is Effect.CHANGE):
                first[step.target] = step
        return first


def blast_radius(
    project: Project, *, person: User | None = None, depth: int = MAX_DEPTH, max_nodes: int = MAX_NODES
) -> BlastRadius:
    """`person`: the only one whose jobs count; None: any member. Once `max_nodes` projects are reached no further step
    is looked for. Two statements for each step.

    What it finds is for who administers the instance; leave out what a reader may not see.
    """
    search = _Search(BlastRadius(project, person, depth), max_nodes, {project.pk}, {project.pk})
    frontier = {project.pk}
    for distance in range(1, depth + 1):
        frontier = search.follow(frontier, distance)
        if search.is_full:
            search.found.is_cut |= bool(frontier) and distance < depth
            break
        if not frontier:
            break
    return search.found


@dataclass
class _Search:
    """`known`: the projects that were reached, and where it began; `changed`: those of them that can be changed."""

    found: BlastRadius
    max_nodes: int
    known: set[int]
    changed: set[int]

    @property
    def is_full(self) -> bool:
        return len(self.known) > self.max_nodes

    def follow(self, frontier: Iterable[int], distance: int) -> set[int]:
        """One step further; returns the projects that nothing changed before."""
        candidates = find_candidates(frontier, self.found.person, today())
        self.found.is_cut |= len(candidates) >= MAX_CANDIDATES
        pairs = [JobOnProject(one.target, one.source, one.person) for one in candidates]
        following: set[int] = set()
        for one, facts in zip(candidates, job_facts_of_pairs(pairs), strict=True):
            if facts is not None and self._has_room_for(one.target):
                effect, actions = judge_step(*facts)
                if actions:
                    self._add(ReachStep(one.source, one.target, distance, effect, actions), following)
        self.changed |= following
        return following

    def _has_room_for(self, target: int) -> bool:
        """Once it is full, only for steps between projects that are known."""
        if target in self.known or not self.is_full:
            return target != self.found.project.pk
        self.found.is_cut = True
        return False

    def _add(self, step: ReachStep, following: set[int]) -> None:
        self.known.add(step.target)
        self.found.steps.append(step)
        if step.effect is Effect.CHANGE and step.target not in self.changed:
            following.add(step.target)


def judge_step(job: Job, facts: Facts) -> tuple[Effect, tuple[Action, ...]]:
    """What the job may do there that visibility opens to nobody; nothing if there is no such action. The conditions of
    entries do not count: whoever has the project chooses branch, environment and runner."""
    facts = without_conditions(facts)
    changes = tuple(_allowed_of(job, CHANGES, facts))
    if changes:
        return Effect.CHANGE, changes
    stranger = Facts(facts.target)
    reads = (action for action in _allowed_of(job, READS, facts) if not decide(_STRANGER, action, stranger).allowed)
    return Effect.READ, tuple(reads)


def _allowed_of(job: Job, actions: Iterable[Action], facts: Facts) -> Iterator[Action]:
    return (action for action in actions if decide(job, action, facts).allowed)
