"""All findings of a scope, a page at a time: one statement counts those of all checks, and one for each check on the
page reads what it found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, overload

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.translation import gettext

from identity.models import User
from projects.models import Group, Project
from text.hidden_characters import reveal
from tokenaccess.allowlist.targets import TargetKey, key_of, maintained_targets, visible_targets
from tokenaccess.models import AcceptedFinding
from tokenaccess.posture.check import Check, Severity
from tokenaccess.posture.checks import BY_NAME, CHECKS
from tokenaccess.posture.scope import Scope

Accepted = Mapping[tuple[str, int], AcceptedFinding]


class Filters(NamedTuple):
    """`check`: its name, "" for all. `severity`: the least. `accepted`: None for all, accepted or not."""

    check: str = ""
    severity: Severity = Severity.LOW
    accepted: bool | None = False


@dataclass(frozen=True, slots=True)
class Finding:
    """`path` is that of its project or group, "" for the instance, and for a group that the reader may not see.
    `inherited`: it belongs to a group above the scope. `may_change`: whether the reader may mend and accept it."""

    check: Check[Any]
    subject_id: int
    label: str
    path: str
    url: str
    accepted: AcceptedFinding | None
    inherited: bool = False
    may_change: bool = True

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

    @property
    def refusal(self) -> str:
        """Why there is no button; "" where there is one."""
        if self.may_change:
            return ""
        return gettext("Set by a group above") if self.inherited else str(self.check.refusal)


@dataclass(frozen=True)
class Tally:
    """How many findings there are, by check: open ones and accepted ones; where `most` is one, no more than one beyond
    it."""

    open: Mapping[str, int]
    accepted: Mapping[str, int]
    most: int | None = None

    def text_of(self, counts: Iterable[int]) -> str:
        """Their sum, as `120`, or `120+` where there are more than were counted."""
        counts, most = list(counts), self.most
        if most is None or all(count <= most for count in counts):
            return str(sum(counts))
        return f"{sum(min(count, most) for count in counts)}+"

    def by_severity(self) -> dict[Severity, str]:
        """Of the open ones, as `text_of`."""
        found: dict[Severity, list[int]] = {severity: [] for severity in sorted(Severity, reverse=True)}
        for name, count in self.open.items():
            found[BY_NAME[name].severity].append(count)
        return {severity: self.text_of(counts) for severity, counts in found.items()}


class Report(Sequence[Finding]):
    """The findings, the gravest first: in the order of the table of checks, of each the oldest first. What `reader` may
    not see is not named. `most`: of each check no more are listed, nor counted but for one, which tells that there are
    more."""

    def __init__(
        self, scope: Scope, reader: User | None, filters: Filters | None = None, *, most: int | None = None
    ) -> None:
        self.scope, self.reader, self.filters = scope, reader, filters or Filters()
        self._accepted = _accepted_findings(scope)
        self.tally = _count(scope, self._accepted, most)

    def __len__(self) -> int:
        return sum(count for _, count in self._capped_counts())

    @property
    def cut_checks(self) -> list[Check[Any]]:
        """Those of which there are more than are listed."""
        return [check for check, count in self._counts() if self.tally.most is not None and count > self.tally.most]

    @property
    def length_text(self) -> str:
        return self.tally.text_of(count for _, count in self._counts())

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> list[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | list[Finding]:
        start, stop, _ = (index if isinstance(index, slice) else slice(index, index + 1)).indices(len(self))
        found = self._page(start, stop)
        return found if isinstance(index, slice) else found[0]

    def all(self, batch_size: int = 1000) -> Iterator[Finding]:
        """In batches: as many statements as those have."""
        for start in range(0, len(self), batch_size):
            yield from self[start : start + batch_size]

    def _counts(self) -> Iterator[tuple[Check[Any], int]]:
        for check in CHECKS:
            if check.severity >= self.filters.severity and self.filters.check in {"", check.name}:
                yield (
                    check,
                    sum(
                        counts.get(check.name, 0)
                        for accepted, counts in ((False, self.tally.open), (True, self.tally.accepted))
                        if self.filters.accepted in {None, accepted}
                    ),
                )

    def _capped_counts(self) -> Iterator[tuple[Check[Any], int]]:
        most = self.tally.most
        for check, count in self._counts():
            yield check, count if most is None else min(count, most)

    def _page(self, start: int, stop: int) -> list[Finding]:
        """As the counts say which checks those are of, no other is asked: one statement for each."""
        pairs: list[tuple[Check[Any], Any]] = []
        for check, count in self._capped_counts():
            if start < count and stop > 0:
                pairs += [(check, row) for row in self._rows(check)[max(start, 0) : min(stop, count)]]
            start, stop = start - count, stop - count
        return _describe(pairs, self.scope, self.reader, self._accepted)

    def _rows(self, check: Check[Any]) -> QuerySet[Any]:
        rows = check.with_names(check.rows(self.scope), self.scope).order_by("pk")
        return _filter_accepted(rows, check, self._accepted, self.filters.accepted)


def find(scope: Scope, name: str, subject_id: int) -> tuple[Check[Any], Any] | None:
    """The check and what it found, if it still finds it there. One statement, and those of the scope."""
    check = BY_NAME.get(name)
    row = None if check is None else check.with_names(check.rows(scope), scope).filter(pk=subject_id).first()
    return None if check is None or row is None else (check, row)


def describe(check: Check[Any], row: Any, scope: Scope, reader: User | None) -> Finding:
    return _describe([(check, row)], scope, reader, {})[0]


def _describe(
    pairs: Sequence[tuple[Check[Any], Any]], scope: Scope, reader: User | None, accepted: Accepted
) -> list[Finding]:
    """Two statements at most, one where any is inherited, and one where there are runners."""
    above = [check.inherited_from(row, scope) for check, row in pairs]
    hidden = _hidden((target for check, row in pairs for target in check.targets(row)), reader)
    fixed = _without_rights((group for group in above if group is not None), reader)
    barred = _unchangeable(pairs, reader)
    found = []
    for (check, row), group in zip(pairs, above, strict=True):
        place = check.project_of(row) or check.group_of(row)
        path = "" if place is None or key_of(place) in hidden else place.full_path
        has_rights = group is None or key_of(group) not in fixed
        url = check.url(row) if has_rights else _inherited_url(scope)
        may_change = has_rights and not (check.asks_each and (check.model, row.pk) in barred)
        may_change = may_change and (check.takes_bots(row) or reader is None or not reader.is_bot)
        label = reveal(check.label(row, hidden))
        known = accepted.get((check.name, row.pk))
        found.append(Finding(check, row.pk, label, path, url, known, group is not None, may_change))
    return found


def _inherited_url(scope: Scope) -> str:
    """Where somebody without rights in a group above reads what its list admits here."""
    return reverse(f"{scope.kind}_token_access", args=[scope.path])


def _accepted_findings(scope: Scope) -> Accepted:
    """Those of today, of the scope and elsewhere: there are few. One statement."""
    rows = AcceptedFinding.objects.filter(until__gte=scope.today).select_related("accepted_by")
    return {(one.check_name, one.subject_id): one for one in rows}


def _count(scope: Scope, accepted: Accepted, most: int | None) -> Tally:
    """One statement, and those of the scope."""
    limit = None if most is None else most + 1
    parts, params = [], []
    for check in CHECKS:
        for state in (False, True) if _ids_of(check, accepted) else (False,):
            rows = _filter_accepted(check.rows(scope).order_by(), check, accepted, state)
            try:
                sql, values = rows.values("pk")[:limit].query.sql_with_params()
            except EmptyResultSet:
                continue
            parts.append(f"SELECT %s, %s, count(*) FROM ({sql}) found")  # noqa: S608 - what Django made
            params += [check.name, int(state), *values]
    tally: dict[bool, dict[str, int]] = {False: {}, True: {}}
    if not parts:  # of a project that is being deleted
        return Tally({}, {}, most)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        for name, state, count in cursor.fetchall():
            tally[bool(int(state))][name] = count
    return Tally(_without_zeros(tally[False]), _without_zeros(tally[True]), most)


def _filter_accepted(rows: QuerySet[Any], check: Check[Any], accepted: Accepted, state: bool | None) -> QuerySet[Any]:
    ids = _ids_of(check, accepted)
    if state is None or not (ids or state):
        return rows
    return rows.filter(pk__in=ids) if state else rows.exclude(pk__in=ids)


def _ids_of(check: Check[Any], accepted: Accepted) -> list[int]:
    return [subject for name, subject in accepted if name == check.name]


def _without_zeros(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def _hidden(targets: Iterable[Project | Group], reader: User | None) -> frozenset[TargetKey]:
    """Those that the reader may not see; none where nobody reads (a command). Two statements at most."""
    if reader is None:
        return frozenset()
    wanted = frozenset(map(key_of, targets))
    return wanted - visible_targets(wanted, reader)


def _without_rights(groups: Iterable[Group], reader: User | None) -> frozenset[TargetKey]:
    """Those whose lists the reader may not change. A statement, where there are any."""
    wanted = frozenset(map(key_of, groups))
    return frozenset() if reader is None else wanted - maintained_targets(wanted, reader)


def _unchangeable(pairs: Sequence[tuple[Check[Any], Any]], reader: User | None) -> frozenset[tuple[type[Model], int]]:
    """Those that the reader sees here and may not change all the same. A statement for each model that is asked."""
    if reader is None:
        return frozenset()
    asked = {check.model: check for check, _ in pairs if check.asks_each}
    pks = {model: {row.pk for check, row in pairs if check.model is model} for model in asked}
    return frozenset(
        (model, pk) for model, one in asked.items() for pk in pks[model] - one.changeable(pks[model], reader)
    )
