"""All findings of a scope, a page at a time: one statement counts them, one finds the page, and one for each check on
the page reads what it is about."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, overload

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast

from identity.models import User
from projects.models import Group, Project
from tokenaccess.models import AcceptedFinding
from tokenaccess.posture.check import Check, Severity
from tokenaccess.posture.checks import BY_NAME, CHECKS
from tokenaccess.posture.scope import Scope

_COLUMNS = ("f_rank", "f_check", "f_subject", "f_accepted", "f_project", "f_group")
_ORDER = ("-f_rank", "f_check", "f_subject")


class Filters(NamedTuple):
    """`check`: its name, "" for all. `severity`: the least. `accepted`: None for all, accepted or not."""

    check: str = ""
    severity: Severity = Severity.LOW
    accepted: bool | None = False


@dataclass(frozen=True, slots=True)
class Finding:
    """`path` is that of its project or group, "" for the instance."""

    check: Check[Any]
    subject_id: int
    label: str
    path: str
    url: str
    accepted: AcceptedFinding | None

    @property
    def key(self) -> str:
        """Stable, and different from that of every other finding."""
        return f"{self.check.name}:{self.subject_id}"

    @property
    def title(self) -> str:
        return str(self.check.title)

    @property
    def why(self) -> str:
        return str(self.check.why)

    @property
    def fix(self) -> str:
        """The words of the button; "" where no single change mends it."""
        return str(self.check.fix_label)


@dataclass(frozen=True)
class Tally:
    """How many findings there are, by check: open ones and accepted ones."""

    open: Mapping[str, int]
    accepted: Mapping[str, int]

    def by_severity(self) -> dict[Severity, int]:
        found: Counter[Severity] = Counter()
        for name, count in self.open.items():
            found[BY_NAME[name].severity] += count
        return {severity: found[severity] for severity in sorted(Severity, reverse=True)}


class Report(Sequence[Finding]):
    """The findings, the gravest first. What `reader` may not see is not named."""

    def __init__(self, scope: Scope, reader: User | None, filters: Filters | None = None) -> None:
        self.scope, self.reader, self.filters = scope, reader, filters or Filters()
        self.tally = _count(scope)

    def __len__(self) -> int:
        wanted = {check.name for check in self._checks()}
        count = 0
        for accepted, counts in ((False, self.tally.open), (True, self.tally.accepted)):
            if self.filters.accepted in {None, accepted}:
                count += sum(number for name, number in counts.items() if name in wanted)
        return count

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> list[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | list[Finding]:
        part = index if isinstance(index, slice) else slice(index, index + 1)
        rows = [] if not len(self) else list(self._rows().order_by(*_ORDER)[part])
        found = self._load(rows)
        return found if isinstance(index, slice) else found[0]

    def all(self, batch_size: int = 1000) -> Iterator[Finding]:
        """In batches: as many statements as those have."""
        for start in range(0, len(self), batch_size):
            yield from self[start : start + batch_size]

    def _checks(self) -> list[Check[Any]]:
        return [
            check
            for check in CHECKS
            if check.severity >= self.filters.severity and self.filters.check in {"", check.name}
        ]

    def _rows(self) -> QuerySet[Any]:
        return _union(self.scope, self._checks(), self.filters.accepted)

    def _load(self, rows: Sequence[Mapping[str, Any]]) -> list[Finding]:
        by_check: defaultdict[str, list[int]] = defaultdict(list)
        for row in rows:
            by_check[row["f_check"]].append(row["f_subject"])
        things = {name: BY_NAME[name].load(pks) for name, pks in by_check.items()}
        pairs = [(BY_NAME[row["f_check"]], things[row["f_check"]].get(row["f_subject"])) for row in rows]
        hidden = _hidden((target for check, row in pairs if row for target in check.targets(row)), self.reader)
        accepted = self._accepted(rows)
        return [_finding(check, row, hidden, accepted) for check, row in pairs if row is not None]

    def _accepted(self, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int], AcceptedFinding]:
        pks = [row["f_subject"] for row in rows if row["f_accepted"]]
        if not pks:
            return {}
        stored = AcceptedFinding.objects.filter(subject_id__in=pks, until__gte=self.scope.today)
        return {(one.check_name, one.subject_id): one for one in stored.select_related("accepted_by")}


def find(scope: Scope, name: str, subject_id: int) -> tuple[Check[Any], Any] | None:
    """The check and what it found, if it still finds it there. Two statements at most."""
    check = BY_NAME.get(name)
    if check is None or not check.rows(scope).filter(pk=subject_id).exists():
        return None
    row = check.load([subject_id]).get(subject_id)
    return None if row is None else (check, row)


def describe(check: Check[Any], row: Any, reader: User | None) -> Finding:
    return _finding(check, row, _hidden(check.targets(row), reader), {})


def _finding(
    check: Check[Any], row: Any, hidden: frozenset[tuple[str, int]], accepted: Mapping[tuple[str, int], AcceptedFinding]
) -> Finding:
    place = check.project_of(row) or check.group_of(row)
    path = "" if place is None else place.full_path
    return Finding(check, row.pk, check.label(row, hidden), path, check.url(row), accepted.get((check.name, row.pk)))


def _count(scope: Scope) -> Tally:
    """One statement."""
    tally: dict[bool, dict[str, int]] = {False: {}, True: {}}
    try:
        sql, params = _union(scope, CHECKS, None).query.sql_with_params()
    except EmptyResultSet:
        return Tally({}, {})
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT f_check, f_accepted, count(*) FROM ({sql}) found GROUP BY f_check, f_accepted", params)  # noqa: S608
        for name, accepted, count in cursor.fetchall():
            tally[bool(accepted)][name] = count
    return Tally(tally[False], tally[True])


def _union(scope: Scope, checks: Iterable[Check[Any]], accepted: bool | None) -> QuerySet[Any]:
    parts = [_columns(check, scope, accepted) for check in checks]
    return parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]


def _columns(check: Check[Any], scope: Scope, accepted: bool | None) -> QuerySet[Any]:
    known = AcceptedFinding.objects.filter(
        check_name=check.name, subject_id=OuterRef("pk"), until__gte=scope.today
    ).order_by()
    rows = (
        check.rows(scope)
        .order_by()
        .annotate(
            f_rank=Value(check.severity.value, IntegerField()),
            f_check=Value(check.name, CharField()),
            f_subject=Cast(F("pk"), BigIntegerField()),
            f_accepted=Cast(Exists(known), BooleanField()),
            **check.place_columns(),
        )
    )
    if accepted is not None:
        rows = rows.filter(f_accepted=accepted)
    return rows.values(*_COLUMNS)


def _hidden(targets: Iterable[Project | Group], reader: User | None) -> frozenset[tuple[str, int]]:
    """Those that the reader may not see; none where nobody reads (a command). Two statements at most."""
    if reader is None:
        return frozenset()
    wanted = {(str(target.kind), target.pk) for target in targets}
    seen: set[tuple[str, int]] = set()
    models: list[type[Project] | type[Group]] = [Project, Group]
    for model in models:
        ids = [pk for kind, pk in wanted if kind == str(model.kind)]
        if ids:
            visible = model.objects.visible_to(reader).filter(pk__in=ids).values_list("pk", flat=True)
            seen |= {(str(model.kind), pk) for pk in visible}
    return frozenset(wanted - seen)
