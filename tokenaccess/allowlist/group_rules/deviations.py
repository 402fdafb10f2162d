"""Projects below a group that deviate from its rule: a weaker mode of their own, or entries beyond the group's list.

Neither takes effect where the mode is enforced and the list is a ceiling; where the list is none, such entries open
more than the group does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    Expression,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from identity.models import User, today
from projects.models import Group, Project
from tokenaccess.allowlist.display.project_row import ProjectRow
from tokenaccess.allowlist.group_rules.inherited import combined_rule, inherited_entries
from tokenaccess.models import AllowlistEntry, GroupRule
from tokenaccess.policy.levels import InboundMode
from tokenaccess.policy.permissions import Permission, names_granting

_ALL, _NOTHING = "all", "nothing"


@dataclass(frozen=True, slots=True)
class DeviationRow(ProjectRow):
    """`is_weaker`: its own `mode` is weaker than what the group has it do. `beyond`: how many of its entries grant more
    than the group's list."""

    project: Project
    mode: InboundMode
    is_weaker: bool
    beyond: int

    @property
    def mode_name(self) -> str:
        return self.mode.name.lower()


class Deviations:
    """From what the group and those above it set together. `rule`: that."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self.rule: GroupRule = combined_rule(group)
        self._list = list(_granting(group.pk).values_list("distance", "grants", "target_project"))
        self._has_list = self.rule.has_ceiling or bool(self._list)

    @property
    def mode(self) -> InboundMode:
        return InboundMode(self.rule.inbound_mode)

    @property
    def has_rule(self) -> bool:
        """Whether there is something to deviate from: a mode, a list or a ceiling."""
        return self._has_list or self.mode is not InboundMode.OPEN

    def projects(self) -> QuerySet[Project]:
        """By path; each with its `own_mode`."""
        return self._below().filter(pk__in=self._ids).order_by("full_path")

    def _below(self) -> QuerySet[Project]:
        below = Project.objects.below(self._group.pk).alive()
        return below.annotate(own_mode=Coalesce("token_access__inbound_mode", InboundMode.ENFORCED.value))

    @cached_property
    def _ids(self) -> list[int]:
        """Looked for once: a page asks for some of them, for those that its reader may see, and how many there are."""
        deviates = Q(own_mode__lt=self.rule.inbound_mode)
        if self._has_list:
            deviates |= Q(Exists(self._entries_beyond().filter(project=OuterRef("pk"))))  # the first of them is enough
        return list(self._below().filter(deviates).order_by().values_list("pk", flat=True))

    def visible_projects(self, reader: User) -> QuerySet[Project]:
        return self.projects().filter(pk__in=Project.objects.visible_to(reader).order_by().values("pk"))

    def count_hidden(self, reader: User, seen: int | None = None) -> int:
        """`seen`: how many are visible, where that is known."""
        return len(self._ids) - (self.visible_projects(reader).count() if seen is None else seen)

    def rows(self, projects: Sequence[Project]) -> list[DeviationRow]:
        """Of those of `projects()`. One statement."""
        beyond: dict[int, int] = {}
        if self._has_list and projects:
            mine = self._entries_beyond().filter(project__in=[project.pk for project in projects])
            beyond = dict(mine.order_by().values("project").annotate(n=Count("pk")).values_list("project", "n"))
        modes = [InboundMode(project.own_mode) for project in projects]  # type: ignore[attr-defined]  # annotated
        return [
            DeviationRow(project, mode, mode < self.mode, beyond.get(project.pk, 0))
            for project, mode in zip(projects, modes, strict=True)
        ]

    def _entries_beyond(self) -> QuerySet[AllowlistEntry]:
        """Active inbound entries below the group that grant more than its list does."""
        entries = AllowlistEntry.objects.inbound().active(today()).exclude(target_project__pending_deletion=True)
        entries = entries.filter(project__group__ancestor_links__ancestor=self._group)
        entries = entries.annotate(
            granted=Cast("permissions", TextField()), source_group=Coalesce("target_project__group", "target_group")
        )
        return entries.filter(self._is_beyond())

    def _is_beyond(self) -> Expression:
        """Whether the entry grants more than the first of the list that names its project, or a group above that: the
        nearest list's first, projects before groups. The list is short: what it names stands in the statement itself,
        as a subquery for each of many thousand entries would take seconds."""
        found: Expression = Value(True)
        for distance in sorted({distance for distance, _grants, _project in self._list}, reverse=True):
            named: dict[str, list[int]] = defaultdict(list)
            of_groups = set()
            for at, grants, project in self._list:
                if at == distance and project is not None:
                    named[grants].append(project)
                elif at == distance:
                    of_groups.add(grants)
            found = self._by_group(distance, of_groups, found) if of_groups else found
            by_project = [When(target_project__in=ids, then=_grants_more(grants)) for grants, ids in named.items()]
            found = Case(*by_project, default=found, output_field=BooleanField())
        return found

    def _by_group(self, distance: int, grants: Iterable[str], otherwise: Expression) -> Expression:
        """`grants`: of those entries of the list so far up that name groups. Which of them covers an entry is looked up
        once for the entry."""
        above = "target_group__descendant_links"
        rows = _granting(self._group.pk).filter(**{"distance": distance, f"{above}__group": OuterRef("source_group")})
        covering = Subquery(rows.order_by(f"{above}__distance").values("grants")[:1], output_field=TextField())
        cases = [
            Func(Value(one), _grants_more(one), template="WHEN %(expressions)s", arg_joiner=" THEN ")
            for one in sorted(grants)
        ]
        default = Func(otherwise, template="ELSE %(expressions)s")
        whole = {"template": "CASE %(expressions)s END", "arg_joiner": " "}
        return Func(covering, *cases, default, output_field=BooleanField(), **whole)


def _granting(group_id: int) -> Any:
    """The list of the group and those above it, with what each entry `grants`: `all`, `nothing` of one that has lapsed,
    or the permissions as text."""
    grants = Case(
        When(Q(suspended_at__isnull=False) | Q(expires_at__lte=today()), then=Value(_NOTHING)),
        When(default_permissions=True, then=Value(_ALL)),
        default=Cast("permissions", TextField()),
        output_field=TextField(),
    )
    return inherited_entries(group_id).select_related(None).annotate(grants=grants)


def _grants_more(covered: str) -> Expression:
    """Whether the entry grants what `covered` does not."""
    if covered in {_ALL, _NOTHING}:
        return Value(covered == _NOTHING)
    more = Q(default_permissions=True)
    for permission in Permission:
        if not any(f'"{name}"' in covered for name in names_granting(permission)):
            more |= Q(granted__contains=f'"{permission}"')
    return Case(When(more, then=Value(True)), default=Value(False))
