"""Jobs and commit statuses in one list, read page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from django.db.models import QuerySet, Value
from django.db.models.fields import IntegerField

from jobs.models import CommitStatus, Job

_COLUMNS = ("id", "pipeline_id", "kind")
_JOB, _STATUS = 0, 1


class JobsAndStatuses(Sequence[Job | CommitStatus]):
    """Ordered by `order_by`, `id` or `pipeline_id`; of one number, the job comes first.

    Statements: one for the length, three for a slice.
    """

    def __init__(
        self, jobs: QuerySet[Job], statuses: QuerySet[CommitStatus], order_by: str, *, descending: bool
    ) -> None:
        self.rows: dict[int, QuerySet[Any]] = {_JOB: jobs, _STATUS: statuses}
        sign = "-" if descending else ""
        order = dict.fromkeys([f"{sign}{order_by}", f"{sign}id", f"{sign}kind"])
        parts = [
            rows.order_by().annotate(kind=Value(kind, IntegerField())).values_list(*_COLUMNS)
            for kind, rows in self.rows.items()
        ]
        self.keys = parts[0].union(parts[1], all=True).order_by(*order)

    def __len__(self) -> int:
        return self.keys.count()

    @overload
    def __getitem__(self, index: int) -> Job | CommitStatus: ...
    @overload
    def __getitem__(self, index: slice) -> list[Job | CommitStatus]: ...
    def __getitem__(self, index: int | slice) -> Job | CommitStatus | list[Job | CommitStatus]:
        if isinstance(index, int):
            return self[index : index + 1][0]
        wanted = [(kind, pk) for pk, _pipeline, kind in self.keys[index]]
        found = {
            (kind, row.pk): row
            for kind, rows in self.rows.items()
            for row in rows.filter(pk__in=[pk for of_kind, pk in wanted if of_kind == kind])
        }
        return [found[key] for key in wanted if key in found]
