"""Asks what the log has once as things are and once with the change made, and takes the change back.

The change is made for real within a transaction that is rolled back, by the services that would make it, and the one
decision is asked by the one statement. So there is no second rule that could differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone

from identity.models import User
from projects.models import Group, Project
from projects.roles.group_lock import keep_groups_once
from tokenaccess.access.past_jobs import PastQuestion, ask_as_past_jobs
from tokenaccess.allowlist.display.project_row import ProjectRow
from tokenaccess.allowlist.services.locking import lock_holder
from tokenaccess.replay.log import Log, LogRow, read_inbound, read_outbound

HORIZONS = (7, 30, 90)
DEFAULT_HORIZON = 30
Answers = dict[PastQuestion, bool]
Change = Callable[[], Any]  # makes it
Side = Literal["inbound", "outbound"]


@dataclass(slots=True)
class ReplayRow(ProjectRow):
    """Jobs of `project` here, or outbound the project's own jobs there. `count`: how many jobs, or refused requests.
    `certain`: whatever each job did exactly. `entitled`: the jobs are gone, and whoever started them is taken to have
    every role. `targets`: in which projects; below a group there may be several."""

    side: Side
    project: Project
    names: set[str] = field(default_factory=set)
    targets: set[int] = field(default_factory=set)
    count: int = 0
    at: datetime | None = None
    certain: bool = True
    entitled: bool = False

    @property
    def target_count(self) -> int:
        return len(self.targets)

    @property
    def sorted_names(self) -> list[str]:
        return sorted(self.names)


@dataclass(slots=True)
class Replay:
    """`refused`: what was admitted and would be refused; `admitted`: the other way round; as far as the reader may see
    the other end. `hidden_…` count the other projects. `unknown`: rows of the log that nobody can be asked for any
    more. `asked`: rows that were. `is_cut`: the log has more rows than are asked about."""

    days: int
    asked: int = 0
    unknown: int = 0
    refused: list[ReplayRow] = field(default_factory=list)
    admitted: list[ReplayRow] = field(default_factory=list)
    hidden_refused: int = 0
    hidden_admitted: int = 0
    is_cut: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.refused or self.admitted or self.hidden_refused or self.hidden_admitted)


def replay_change(
    place: Project | Group, change: Change, *, reader: User | None, days: int = DEFAULT_HORIZON
) -> Replay:
    """What `change` of a project, or of what a group sets for all projects below it, would have made of the last `days`
    days. Thirteen statements at most besides those of the change. Raises what `change` raises. Nothing is changed."""
    since = timezone.now() - timedelta(days=days)
    logs: dict[Side, Log] = {"inbound": read_inbound(place, since)}
    if isinstance(place, Project):  # a group says nothing of what its projects' jobs reach
        logs["outbound"] = read_outbound(place, since, reader)
    rows = [(side, row) for side, log in logs.items() for row in log.rows]
    questions = [row.questions for _, row in rows]
    before, after = _ask_twice(place, change, chain.from_iterable(questions))
    found = Replay(days, is_cut=any(log.is_cut for log in logs.values()))
    flips: dict[str, list[tuple[Side, LogRow, bool]]] = {"refused": [], "admitted": []}
    for (side, row), wanted in zip(rows, questions, strict=True):
        outcome = _outcome(wanted, before, after)
        found.unknown += outcome is None
        found.asked += outcome is not None
        if outcome:
            flips[outcome[0]].append((side, row, outcome[1]))
    visible = _visible({row.other for rows in flips.values() for _, row, _ in rows}, reader)
    found.refused, found.hidden_refused = _summarize(flips["refused"], visible)
    found.admitted, found.hidden_admitted = _summarize(flips["admitted"], visible)
    return found


def _ask_twice(
    place: Project | Group, change: Callable[[], Any], questions: Iterable[PastQuestion]
) -> tuple[Answers, Answers]:
    with transaction.atomic(), keep_groups_once():
        lock_holder(place)  # so that nobody else's change comes in between
        before = ask_as_past_jobs(questions)
        change()
        after = ask_as_past_jobs(before)  # no change brings back a job that is gone
        transaction.set_rollback(True)
    return before, after


def _outcome(wanted: list[PastQuestion], before: Answers, after: Answers) -> tuple[str, bool] | tuple[()] | None:
    """“refused” or “admitted” and whether that is certain; () if it stays; None for what cannot be asked. `wanted`: the
    questions of one row."""
    asked = [question for question in wanted if question in after]
    if not asked:
        return None
    lost = [before[question] and not after[question] for question in asked]
    won = [after[question] and not before[question] for question in asked]
    if any(lost):
        return "refused", all(lost[at] for at, question in enumerate(asked) if before[question])
    if any(won):
        return "admitted", all(won[at] for at, question in enumerate(asked) if after[question])
    return ()


def _visible(ids: set[int], reader: User | None) -> dict[int, Project]:
    rows = Project.objects.all() if reader is None else Project.objects.visible_to(reader)
    return {project.pk: project for project in rows.filter(pk__in=ids).select_related("group")}


def _summarize(flips: Iterable[tuple[Side, LogRow, bool]], visible: dict[int, Project]) -> tuple[list[ReplayRow], int]:
    """A row for each project at the other end, the latest first, and how many more there are that are hidden."""
    rows: dict[tuple[Side, int], ReplayRow] = {}
    jobs: defaultdict[tuple[Side, int], dict[tuple[str, int, str], int]] = defaultdict(dict)
    hidden = set()
    for side, log, certain in flips:
        if log.other not in visible:
            hidden.add(log.other)
            continue
        key = side, log.other
        row = rows.setdefault(key, ReplayRow(side, visible[log.other]))
        row.names.add(log.name)
        row.targets.add(log.project_id)
        row.at = log.at if row.at is None else max(row.at, log.at)
        row.certain &= certain
        row.entitled |= not log.job_id
        # A job counts once, whatever it did; each refusal for its requests.
        once = ("use", log.job_id, "") if log.kind == "use" else ("refusal", log.job_id, log.name)
        jobs[key][once] = max(log.number, jobs[key].get(once, 0))
    for key, row in rows.items():
        row.count = sum(jobs[key].values())
    return sorted(rows.values(), key=lambda row: (row.at or timezone.now(), row.path), reverse=True), len(hidden)
