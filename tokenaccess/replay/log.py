"""What the access log keeps of a project's jobs and of its visitors, as questions that can be asked again.

A use is kept as a permission per job, not as the action; so it is asked as every action that it may have been.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from django.db import connection
from django.db.models import F, QuerySet, Window
from django.db.models.functions import Coalesce, Collate, RowNumber

from identity.models import User
from projects.models import Group, Project
from tokenaccess.access.past_jobs import PastQuestion
from tokenaccess.models import AuthorizationRecord, JobUse, RefusalRecord
from tokenaccess.policy import Action
from tokenaccess.policy.needs import JOB_ACTIONS, NEEDS

MAX_ROWS = 2000  # of uses and of refusals, in each direction
MAX_LOOKED_AT = 50_000  # of each kind, below a group
MAX_OF_SOURCE = 20  # jobs of one project that did the same

_BEGAN = Coalesce("job__started_at", "job__created_at")
# What a refusal keeps of its action → the name and the action.
_BY_SENTENCE = {str(action): (action.name.lower(), (action,)) for action in JOB_ACTIONS}


class LogRow(NamedTuple):
    """What a job did or was refused. `other`: the id of the project at the other end. `name`: of a permission, or of an
    action. `job_id`: 0 for one that is gone. `number`: of jobs, of a refusal of requests."""

    kind: Literal["use", "refusal"]
    other: int
    name: str
    actions: tuple[Action, ...]
    job_id: int
    source_id: int
    project_id: int
    number: int
    at: datetime

    @property
    def questions(self) -> list[PastQuestion]:
        return [PastQuestion(self.job_id, self.source_id, self.project_id, action) for action in self.actions]


class Log(NamedTuple):
    """`is_cut`: it may have more of one kind than was read."""

    rows: list[LogRow]
    is_cut: bool


def read_inbound(place: Project | Group, since: datetime) -> Log:
    """What jobs of other projects did here, or in the projects below a group, and were refused. Four statements, of a
    group eight at most."""
    here, accessed = _at(place, "project"), _at(place, "accessed_project")
    uses, refusals = JobUse.objects.filter(**here), RefusalRecord.objects.filter(**here)
    leaves_out = False
    if isinstance(place, Group):
        uses, leaves_out_uses = _newest(uses, _BEGAN, since)
        refusals, leaves_out_refusals = _newest(refusals, F("last_at"), since)
        leaves_out = leaves_out_uses or leaves_out_refusals
    # Looked up among the few: PostgreSQL would join them all, one by one below a group, whose log it takes for short.
    leaving = Project.objects.filter(pending_deletion=True).order_by().values("pk")
    uses = uses.exclude(job__project__in=leaving).exclude(job__project=F("project"))
    refusals = refusals.exclude(origin_project__in=leaving).exclude(origin_project=F("project"))
    records = AuthorizationRecord.objects.filter(**accessed).exclude(origin_project__in=leaving)
    ends = _Ends("job__project_id", "origin_project_id", "origin_project_id")
    return _log_of(_read(uses, refusals, records, ends, since), leaves_out)


def _newest(rows: Any, at: Any, since: datetime) -> tuple[Any, bool]:
    """Below a group there may be millions: the newest of them are looked at, and whether that leaves out others of the
    time asked about. From the oldest of those on, rather than among them, which would find each row twice."""
    edge = list(rows.order_by("-pk").values_list("pk", flat=True)[MAX_LOOKED_AT - 1 : MAX_LOOKED_AT + 1])
    if len(edge) < 2:
        return rows, False
    last, left_out = edge
    return rows.filter(pk__gte=last), rows.annotate(at=at).filter(pk=left_out, at__gte=since).exists()


def _at(place: Project | Group, field: str) -> dict[str, Any]:
    """Of rows about that project, or about one below that group."""
    if isinstance(place, Project):
        return {field: place}
    return {f"{field}__in": Project.objects.below(place.pk).alive().order_by().values("pk")}


def read_outbound(project: Project, since: datetime, reader: User | None) -> Log:
    """What the project's own jobs did elsewhere, and were refused, where `reader` may know it. Four statements."""
    seen = Project.objects.alive() if reader is None else Project.objects.visible_to(reader)
    seen = seen.exclude(pk=project.pk)
    uses = JobUse.objects.filter(job__project=project, project__in=seen)
    refusals = RefusalRecord.objects.filter(origin_project=project, project__in=seen)
    records = AuthorizationRecord.objects.filter(origin_project=project, accessed_project__in=seen)
    ends = _Ends("project_id", "project_id", "accessed_project_id")
    return _log_of(_read(uses, refusals, records, ends, since))


@dataclass(frozen=True, slots=True)
class _Ends:
    """Where each kind of row names the project at the other end."""

    use: str
    refusal: str
    record: str


def _read(
    uses: QuerySet[JobUse], refusals: Any, records: QuerySet[AuthorizationRecord], ends: _Ends, since: datetime
) -> list[LogRow]:
    used = _uses(uses, ends.use, since)
    return [*used, *_uses_of_gone_jobs(records, ends.record, since, used), *_refusals(refusals, ends.refusal, since)]


def _uses(uses: QuerySet[JobUse], other: str, since: datetime) -> list[LogRow]:
    rows = uses.annotate(at=_BEGAN, other=F(other), source=F("job__project_id")).filter(at__gte=since)
    found = _latest(
        rows, [other, "project_id", "name"], "job_id", ["other", "name", "job_id", "source", "project_id", "at"]
    )
    held: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
    for _, name, job, _, project, _ in found:
        held[job, project].add(name)
    return [
        LogRow("use", pk, name, actions_of(name, held[job, project]), job, source, project, 1, at)
        for pk, name, job, source, project, at in found
    ]


def _latest(rows: QuerySet[Any], same: list[str], by: str, wanted: list[str]) -> list[tuple[Any, ...]]:
    """Of every source something, before more of those that come often. `same`: the last of them is a text, which is
    compared by its bytes: by the rules of a language took half of the time. One statement."""
    *others, text = same
    by_bytes = Collate(text, "C" if connection.vendor == "postgresql" else "BINARY")
    rank = Window(RowNumber(), partition_by=[*map(F, others), by_bytes], order_by=F(by).desc())
    ranked = rows.order_by().annotate(rank=rank).filter(rank__lte=MAX_OF_SOURCE)
    # Django orders what a window is filtered by by the columns that are selected.
    found = ranked.values_list(*wanted, "rank", "pk").order_by("rank", "-pk")[:MAX_ROWS]
    return [row[: len(wanted)] for row in found]


def _uses_of_gone_jobs(
    records: QuerySet[AuthorizationRecord], other: str, since: datetime, used: list[LogRow]
) -> list[LogRow]:
    """The log of pairs outlives jobs."""
    known = {(row.other, row.project_id, row.name) for row in used}
    rows = records.filter(last_authorized_at__gte=since).annotate(other=F(other)).order_by("-last_authorized_at")
    wanted = ("other", "origin_project_id", "accessed_project_id", "used")
    found = []
    for pk, source, project, times in rows.values_list(*wanted)[:MAX_ROWS]:
        for name, text in times.items():
            at = datetime.fromisoformat(text)
            if at >= since and (pk, project, name) not in known:
                found.append(LogRow("use", pk, name, actions_of(name, times), 0, source, project, 1, at))
    return found


def _refusals(refusals: Any, other: str, since: datetime) -> list[LogRow]:
    rows = refusals.filter(last_at__gte=since).annotate(other=F(other))
    wanted = ["other", "action", "job_id", "origin_project_id", "project_id", "count", "last_at"]
    return [
        LogRow("refusal", pk, *_BY_SENTENCE[said], *more)
        for pk, said, *more in _latest(rows, [other, "project_id", "action"], "last_at", wanted)
        if said in _BY_SENTENCE
    ]


def _log_of(rows: list[LogRow], leaves_out: bool = False) -> Log:
    counts = Counter((row.kind, bool(row.job_id)) for row in rows)
    return Log(rows, leaves_out or any(count >= MAX_ROWS for count in counts.values()))


def actions_of(name: str, held: Iterable[str]) -> tuple[Action, ...]:
    """What a use of that name may have been by a job that used the permissions `held`."""
    wanted = frozenset(held)
    by_permission = tuple(
        action
        for action in JOB_ACTIONS
        if name in NEEDS[action].permissions and wanted.issuperset(NEEDS[action].permissions)
    )
    return by_permission or tuple(
        action for action in JOB_ACTIONS if not NEEDS[action].permissions and action.name.lower() == name
    )
