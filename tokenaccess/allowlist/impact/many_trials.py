"""What the trials of all projects below a group, or of the instance, would refuse today: one row per source, the rarest
first. The projects are those whose limit is on trial as it takes effect, whoever put it there.

The log is summed up by the database and matched with the lists in memory, in a fixed number of statements. What a
project ignores, or a group nearer to it, is left out; so is what the group itself ignores, which has a list of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Max, QuerySet, Sum
from django.utils import timezone

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist.display.modes import projects_in_mode
from tokenaccess.allowlist.group_rules.lack import lack_of
from tokenaccess.allowlist.group_rules.many_targets import ManyTargets, Pair
from tokenaccess.allowlist.impact.trial import (
    DEFAULT_HORIZON,
    TrialReport,
    TrialSource,
    count_sources,
    trial_records,
)
from tokenaccess.allowlist.impact.trial_start import trial_began
from tokenaccess.models import GroupAllowlistEntry, GroupIgnoredSource, IgnoredSource
from tokenaccess.policy.levels import InboundMode

MAX_LOGGED = 50_000  # sums of one source, target and action
MAX_ROWS = 200  # of sources
MAX_NAMED = 20  # targets of a source


class NamedTarget(NamedTuple):
    pk: int
    full_path: str


@dataclass(slots=True)
class ManyTrialsSource(TrialSource):
    """`targets`: the projects that would refuse it and that the reader may see, the first MAX_NAMED by path;
    `target_count` counts all. `common_group`: the id of the nearest group above all of them, None for none. `helps`: an
    entry on the list of the group would let it in somewhere, as no nearer list has one for it."""

    targets: list[NamedTarget] = field(default_factory=list)
    target_count: int = 0
    common_group: int | None = None
    helps: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyTrialsReport(TrialReport[ManyTrialsSource]):
    """`projects`: how many are on trial. `more`: visible sources that would be refused besides the rows. `is_cut`: the
    log has more than was looked at."""

    projects: int
    more: int
    is_cut: bool

    @property
    def count(self) -> int:
        return len(self.refused) + self.hidden + self.more


@dataclass(slots=True)
class _Refused:
    """A source, as it is put together."""

    source: int
    at: datetime
    pairs: set[Pair] = field(default_factory=set)
    count: int = 0
    actions: set[str] = field(default_factory=set)
    helps: bool = False


def report_many_trials(place: Group | None, reader: User, days: int = DEFAULT_HORIZON) -> ManyTrialsReport:
    """`place`: None for the instance. Seventeen statements at most."""
    since = timezone.now() - timedelta(days=days)
    on_trial = projects_in_mode(InboundMode.TRIAL, None if place is None else Project.objects.below(place.pk))
    ids = on_trial.values("pk")
    logged = _sum_log(ids, since)
    lists = ManyTargets({pair for pair, _ in logged[:MAX_LOGGED]})
    failed = [(pair, row) for pair, row in logged[:MAX_LOGGED] if _is_refused(lists, pair, row["action"])]
    own, elsewhere = _read_ignored(place, ids, failed, lists)
    counted = [(pair, row) for pair, row in failed if (pair.source, pair.target) not in elsewhere]
    found = _by_source(counted, lists, place)
    visible = set(Project.objects.visible_to(reader).filter(pk__in=found).values_list("pk", flat=True))
    in_order = sorted(found.values(), key=lambda one: (one.count, one.at, one.source))
    refused = [one for one in in_order if one.source not in own]
    seen = [one for one in refused if one.source in visible]
    ignored = [one for one in in_order if one.source in own & visible]
    rows = _rows([*seen[:MAX_ROWS], *ignored[:MAX_ROWS]], lists, reader)
    return ManyTrialsReport(
        days=days,
        sources=count_sources(ids, since),
        refused=[rows[one.source] for one in seen[:MAX_ROWS] if one.source in rows],
        hidden=len(refused) - len(seen),
        ignored=[rows[one.source] for one in ignored[:MAX_ROWS] if one.source in rows],
        began=trial_began(place),
        projects=on_trial.count(),
        more=max(0, len(seen) - MAX_ROWS),
        is_cut=len(logged) > MAX_LOGGED,
    )


def _sum_log(projects: QuerySet[Any, Any], since: datetime) -> list[tuple[Pair, dict[str, Any]]]:
    """The latest first, one more than is looked at. One statement."""
    fields = ("project", "project__group", "origin_project", "origin_project__group")
    rows = trial_records(projects, since).values(*fields, "action").annotate(total=Sum("count"), at=Max("last_at"))
    latest = rows.order_by("-at", "origin_project", "project", "action")[: MAX_LOGGED + 1]
    return [(Pair(*(row[name] for name in fields)), row) for row in latest]


def _is_refused(lists: ManyTargets, pair: Pair, action: str) -> bool:
    return lack_of(lists.match(pair), [action]) is not None


def _read_ignored(
    place: Group | None, projects: QuerySet[Any, Any], failed: Iterable[tuple[Pair, Any]], lists: ManyTargets
) -> tuple[set[int], set[tuple[int, int]]]:
    """The sources that the group itself ignores; and of the others, source and target, where the target or a group
    nearer to it than this one does. Two statements."""
    by_project = IgnoredSource.objects.filter(project__in=projects).order_by()
    elsewhere = set(by_project.values_list("source_id", "project_id"))
    below = GroupIgnoredSource.objects.order_by()
    if place is not None:
        below = below.filter(group__ancestor_links__ancestor=place)
    by_group = set(below.values_list("source_id", "group_id"))
    own = set() if place is None else {source for source, group in by_group if group == place.pk}
    for pair, _ in failed if by_group else ():
        nearer = (group for group in lists.ancestors[pair.target_group] if place is None or group != place.pk)
        if any((pair.source, group) in by_group for group in nearer):
            elsewhere.add((pair.source, pair.target))
    return own, elsewhere


def _by_source(
    failed: Iterable[tuple[Pair, dict[str, Any]]], lists: ManyTargets, place: Group | None
) -> dict[int, _Refused]:
    found: dict[int, _Refused] = {}
    for pair, row in failed:
        one = found.setdefault(pair.source, _Refused(pair.source, row["at"]))
        one.pairs.add(pair)
        one.count += row["total"]
        one.at = max(one.at, row["at"])
        one.actions.add(str(row["action"]))
        one.helps |= place is not None and _would_help(lists, pair, place)
    return found


def _would_help(lists: ManyTargets, pair: Pair, place: Group) -> bool:
    """Whether a change of the group's list, or of one above it, would: an entry nearer to the target applies alone."""
    match, above = lists.match(pair), lists.ancestors[pair.target_group]
    if match.entry is None or match.barred_by:
        return True
    return isinstance(match.entry, GroupAllowlistEntry) and match.entry.group_id in above[: above.index(place.pk) + 1]


def _rows(found: list[_Refused], lists: ManyTargets, reader: User) -> dict[int, ManyTrialsSource]:
    """By the source's id. Two statements."""
    sources = Project.objects.alive().filter(pk__in=[one.source for one in found]).select_related("group")
    by_id = {project.pk: project for project in sources}
    targets = _visible_targets(found, reader)
    return {
        one.source: ManyTrialsSource(
            by_id[one.source],
            one.count,
            one.at,
            sorted(one.actions),
            targets=targets[one.source],
            target_count=len(one.pairs),
            common_group=_common_group(one, lists),
            helps=one.helps,
        )
        for one in found
        if one.source in by_id
    }


def _visible_targets(found: list[_Refused], reader: User) -> dict[int, list[NamedTarget]]:
    """By the source's id, of all that would refuse it: who may not see some is named others. One statement."""
    sources: dict[int, set[int]] = {}
    for one in found:
        for pair in one.pairs:
            sources.setdefault(pair.target, set()).add(one.source)
    seen = Project.objects.visible_to(reader).filter(pk__in=list(sources)).order_by("full_path")
    named: dict[int, list[NamedTarget]] = {one.source: [] for one in found}
    for target in seen.values_list("pk", "full_path"):
        for source in sources[target[0]]:
            if len(named[source]) < MAX_NAMED:
                named[source].append(NamedTarget(*target))
    return named


def _common_group(one: _Refused, lists: ManyTargets) -> int | None:
    above = [lists.ancestors[group] for group in {pair.target_group for pair in one.pairs}]
    shared = [groups[0] for groups in zip(*above, strict=False) if len(set(groups)) == 1]
    return shared[-1] if shared else None
