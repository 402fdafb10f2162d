"""Every situation a job can be in, and the policy's verdict on each, computed once.

A situation is a plain tuple, so that a law can ask about its neighbour: the same with the limit lifted, with an entry
more, with a higher role.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tokenaccess.policy import Action, Decision, Entry, Facts, Job, Person, Target, decide
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.features import Feature
from tokenaccess.policy.levels import FeatureLevel, InboundMode, Role, Visibility
from tokenaccess.policy.narrowing import NOTHING, PERMISSIONS, Narrowing
from tokenaccess.policy.needs import NEEDS

OWN, OTHER = 1, 2

# What a job's token may ever ask of a project.
ACTIONS = [action for action, needs in NEEDS.items() if needs.jobs and needs.kind is TargetKind.PROJECT]

# The entry nearest to the job's project: none, the person's role, nothing at all, what the action takes, all names.
ENTRIES = ("none", "default", "nothing", "needed", "all")

# What the job left of its token: all, nothing, what the action takes, any other permission, the target, any other
# project, and what the action takes in the target.
SOME_ENTRIES, SOME_ROLES = ("none", "default", "needed"), (Role.NONE, Role.REPORTER, Role.DEVELOPER, Role.OWNER)
LEFT = ("all", "nothing", "needed", "unneeded", "here", "elsewhere", "needed here")


class Case(NamedTuple):
    """`out`: the source's outbound limit is "off", or on and the target "listed" or "unlisted". `pushes`, `crossing`
    and `crossing_switch`: the target's two settings about pushes by jobs, and the instance's switch. `trial`: the
    target tries its limit, whatever `limited` says."""

    action: Action
    own: bool = False
    visibility: Visibility = Visibility.PRIVATE
    limited: bool = True
    switch_on: bool = True
    out: str = "off"
    entry: str = "none"
    role: Role = Role.NONE
    level: FeatureLevel = FeatureLevel.ENABLED
    external: bool = False
    public_jobs: bool = True
    archived: bool = False
    pushes: bool = False
    crossing: bool = False
    crossing_switch: bool = False
    left: str = "all"
    trial: bool = False


def cases() -> Iterator[Case]:
    """All of them. What an action does not depend on is not varied for it."""
    for action in ACTIONS:
        needs = NEEDS[action]
        for rest in itertools.product(
            (True, False),
            Visibility,
            (True, False),
            (True, False),
            ("off", "listed", "unlisted"),
            ENTRIES,
            Role,
            FeatureLevel,
            (True, False),
            (True, False) if needs.public_jobs else (True,),
            (True, False) if needs.changes else (False,),
            *[(True, False) if action is Action.PUSH_CODE else (False,)] * 3,
        ):
            yield Case(action, *rest)  # type: ignore[arg-type]  # a product forgets the type of each axis


def narrowed_cases() -> Iterator[Case]:
    """Those of jobs that narrowed their tokens. What a narrowing has nothing to do with is not varied."""
    for action in ACTIONS:
        for own, visibility, limited, out, known, role, left in itertools.product(
            (True, False), Visibility, (True, False), ("off", "unlisted"), SOME_ENTRIES, SOME_ROLES, LEFT[1:]
        ):
            pushes = action is Action.PUSH_CODE
            yield Case(
                action, own, visibility, limited, out=out, entry=known, role=role, left=left,
                pushes=pushes, crossing=pushes, crossing_switch=pushes,
            )  # fmt: skip


def person(case: Case) -> Person:
    return Person(7, "developer", external=case.external)


def job(case: Case) -> Job:
    source = "acme/library" if case.own else "acme/app"
    return Job(70, OWN if case.own else OTHER, source, "running", False, False, person(case), narrowing=narrowing(case))


def narrowing(case: Case) -> Narrowing | None:
    return _narrowing(case.action, case.left)


@cache
def _narrowing(action: Action, left: str) -> Narrowing | None:
    needed = frozenset(map(str, NEEDS[action].permissions))
    here = frozenset({"acme/library"})
    known = {
        "nothing": NOTHING,
        "needed": Narrowing(needed),
        "unneeded": Narrowing(PERMISSIONS - needed - {name.replace("read_", "admin_", 1) for name in needed}),
        "here": Narrowing(None, here),
        "elsewhere": Narrowing(None, frozenset({"acme/tools"})),
        "needed here": Narrowing(needed, here),
    }
    return known.get(left)


def mode(case: Case) -> InboundMode:
    if case.trial:
        return InboundMode.TRIAL
    return InboundMode.ENFORCED if case.limited else InboundMode.OPEN


def facts(case: Case) -> Facts:
    target = Target(
        id=OWN,
        path="acme/library",
        visibility=case.visibility,
        features=dict.fromkeys(Feature, case.level),
        public_jobs=case.public_jobs,
        archived=case.archived,
        mode=mode(case),
        takes_job_pushes=case.pushes,
        takes_cross_project_pushes=case.crossing,
    )
    return Facts(
        target=target,
        role=case.role,
        switch_on=case.switch_on,
        entry=entry(case),
        outbound_limited=case.out != "off",
        outbound_listed=case.out == "listed",
        cross_project_pushes=case.crossing_switch,
    )


def entry(case: Case) -> Entry | None:
    return _entry(case.action, case.entry)


@cache
def _entry(action: Action, kind: str) -> Entry | None:
    needed = frozenset(map(str, NEEDS[action].permissions))
    every = frozenset(str(name) for needs in NEEDS.values() for name in needs.permissions)
    known = {
        "default": Entry(True),
        "nothing": Entry(False),
        "needed": Entry(False, needed),
        "all": Entry(False, every),
    }
    return known.get(kind)


def verdict(case: Case) -> Decision:
    return decide(job(case), case.action, facts(case))


def persons_verdict(case: Case) -> Decision:
    """The same asked by the person behind the job, signed in."""
    return decide(person(case), case.action, facts(case))


@cache
def narrowed_table() -> dict[Case, bool]:
    """As `table`, of jobs that narrowed their tokens."""
    return {case: verdict(case).allowed for case in narrowed_cases()}


@cache
def table() -> dict[Case, bool]:
    """Case → allowed."""
    return {case: verdict(case).allowed for case in cases()}
