"""Both directions of a project's access: whose jobs it admits, and which projects admit its own.

Rows are only of projects that the reader may see; the others are counted. Whether a row's project is admitted today is
decided by the policy, of the facts that the check of its job's token would find.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from identity.models import User, today
from projects.models import Group, Project
from tokenaccess.access.facts import PairFacts, find_pairs
from tokenaccess.access.sql.bulk_check import JobOnProject
from tokenaccess.allowlist.display.project_row import ProjectRow
from tokenaccess.allowlist.permissions import permission_labels
from tokenaccess.allowlist.sets import listed_by, listing, without_limit
from tokenaccess.explanation.target_lists import mode_name
from tokenaccess.models import AllowlistEntry, AuthorizationRecord
from tokenaccess.policy import Action, Facts, Job, Step, explain

# Any visitor may do none of it, so that what refuses it is the limit.
_CHANGE = Action.WRITE_PACKAGES


class ReachDirection(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Cover(StrEnum):
    """By what a project is admitted."""

    PROJECT = "project"
    GROUP = "group"
    INHERITED = "inherited"
    OPEN = "open"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ReachRow(ProjectRow):
    """One other project. `through`: what the entry names that covers it, or the group from whose list it is inherited;
    "" without one. `permissions`: what the entry grants below the ceilings, None for the user's role; of a target that
    is open the role decides, whatever is listed. `is_conditional`: the entry asks something of the job. `refusal`: why
    the project is not admitted in spite of the entry, "" if it is. `trial`: why it would not be if the limit, which is
    on trial, were enforced. `mode`: of the target, as it takes effect."""

    project: Project
    cover: Cover
    through: str
    permissions: tuple[str, ...] | None
    last_used: datetime | None
    is_conditional: bool
    refusal: str
    trial: str
    mode: str

    @property
    def admitted(self) -> bool:
        return not self.refusal

    @property
    def may_do(self) -> list[str]:
        return [] if self.permissions is None else permission_labels(self.permissions)


class Reach:
    """One direction of one project, for one reader. `matching`: a search among those that they may see."""

    def __init__(self, project: Project, reader: User, direction: ReachDirection, matching: Q | None = None) -> None:
        self._project, self._reader, self._direction, self._matching = project, reader, direction, matching
        self._all = _sources(project) if direction is ReachDirection.INBOUND else _targets(project)

    def projects(self, order: str = "path", *, descending: bool = False) -> QuerySet[Project]:
        """Those that the reader may see, each with `last_used`. `order`: path or last_used."""
        seen = Project.objects.visible_to(self._reader, self._matching).filter(pk__in=self._all.values("pk"))
        found: QuerySet[Project] = seen.annotate(last_used=Subquery(self._last_uses())).select_related("group")
        if order == "last_used":
            by = F("last_used").desc(nulls_last=True) if descending else F("last_used").asc(nulls_last=True)
            return found.order_by(by, "full_path")
        return found.order_by("-full_path" if descending else "full_path")

    def count_hidden(self, seen: int | None = None) -> int:
        """How many more there are that the reader may not see; 0 where names are searched. `seen`: how many
        `projects()` are, where they are counted already. One statement, or two without it."""
        if self._matching:
            return 0
        if seen is None:
            seen = Project.objects.visible_to(self._reader).filter(pk__in=self._all.values("pk")).count()
        return self._all.count() - seen

    def rows(self, projects: Sequence[Any]) -> list[ReachRow]:
        """Of a page of `projects()`. Three statements."""
        pairs = [self._pair(project.pk) for project in projects]
        found = find_pairs(pairs)
        ids = {one.entry_id for one in found if one is not None and one.entry_id is not None}
        entries = AllowlistEntry.objects.select_related("target_project", "target_group").in_bulk(ids)
        upper = {one.facts.entry.group_id for one in found if one is not None and one.facts.entry is not None}
        groups = Group.objects.in_bulk(upper - {0})
        rows = []
        for project, one in zip(projects, found, strict=True):
            if one is not None:  # else deleted meanwhile
                rows.append(_row(project, one.job, one.facts, *_cover(one, entries, groups)))
        return rows

    def _pair(self, other: int) -> JobOnProject:
        here = self._project.pk
        inbound = self._direction is ReachDirection.INBOUND
        return JobOnProject(here, other, self._reader.pk) if inbound else JobOnProject(other, here, self._reader.pk)

    def _last_uses(self) -> QuerySet[Any, Any]:
        mine, theirs = ("accessed_project", "origin_project")
        if self._direction is ReachDirection.OUTBOUND:
            mine, theirs = theirs, mine
        uses = AuthorizationRecord.objects.filter(**{mine: self._project, theirs: OuterRef("pk")})
        return uses.order_by().values("last_authorized_at")[:1]


def _cover(one: PairFacts, entries: dict[int, AllowlistEntry], groups: dict[int, Group]) -> tuple[Cover, str]:
    """By what, and the path of what the entry names, or of the group whose entry it is."""
    group_id = 0 if one.facts.entry is None else one.facts.entry.group_id
    if group_id in groups:
        return Cover.INHERITED, groups[group_id].full_path
    entry = None if one.entry_id is None else entries.get(one.entry_id)
    return (Cover.NONE, "") if entry is None else (Cover(str(entry.kind)), entry.target.full_path)


def _row(project: Any, job: Job, facts: Facts, cover: Cover, through: str) -> ReachRow:
    step, entry, mode = admission(job, facts), facts.entry, mode_name(facts) or ""
    counts = mode in {"trial", "enforced"}
    return ReachRow(
        project=project,
        cover=Cover.OPEN if cover is Cover.NONE and mode != "enforced" else cover,
        through=through,
        permissions=_permissions_of(facts) if counts else None,
        last_used=project.last_used,
        is_conditional=counts and entry is not None and bool(entry.conditions),
        refusal="" if step.ok else step.sentence,
        trial=step.sentence if step.in_trial else "",
        mode=mode,
    )


def _permissions_of(facts: Facts) -> tuple[str, ...] | None:
    if facts.barred_by:
        return ()
    entry = facts.entry
    return None if entry is None or entry.default_permissions else tuple(sorted(entry.permissions))


def admission(job: Job, facts: Facts) -> Step:
    """What the limits of both sides say, apart from role and permission, of a job that meets the entry's conditions."""
    return next(step for step in explain(job, _CHANGE, without_conditions(facts)) if step.rule == "admitted")


def without_conditions(facts: Facts) -> Facts:
    """The same of a job that meets them all."""
    entry = facts.entry
    return facts if entry is None else facts._replace(entry=entry._replace(conditions=()))


def _sources(project: Project) -> QuerySet[Project]:
    """Whom the lists admit: those that they name, and all below the groups that they name."""
    return Project.objects.alive().filter(listed_by(project.pk, today())).exclude(pk=project.pk)


def _targets(project: Project) -> QuerySet[Project]:
    """Whose lists name the project or a group above it, and who does not enforce a limit."""
    return Project.objects.alive().filter(listing(project.pk, today()) | without_limit()).exclude(pk=project.pk)
