"""Projects below a group that deviate from its rule: a weaker mode of their own, or entries beyond the group's list.

Neither takes effect where the mode is enforced and the list is a ceiling; where the list is none, such entries open
more than the group does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Cast, Coalesce

from identity.models import User, today
from projects.models import Group, Project
from tokenaccess.allowlist.inherited import combined_rule, inherited_entries
from tokenaccess.models import AllowlistEntry, GroupRule
from tokenaccess.policy.levels import InboundMode
from tokenaccess.policy.permissions import Permission

_ALL, _NOTHING = "all", "nothing"


@dataclass(frozen=True, slots=True)
class DeviationRow:
    """`is_weaker`: its own `mode` is weaker than what the group has it do. `beyond`: how many of its entries grant more
    than the group's list."""

    project: Project
    mode: InboundMode
    is_weaker: bool
    beyond: int

    @property
    def path(self) -> str:
        return self.project.full_path

    @property
    def url(self) -> str:
        return f"/{self.project.full_path}"

    @property
    def mode_name(self) -> str:
        return self.mode.name.lower()


class Deviations:
    """From what the group and those above it set together. `rule`: that."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self.rule: GroupRule = combined_rule(group)
        self._has_list = self.rule.has_ceiling or inherited_entries(group.pk).exists()

    @property
    def mode(self) -> InboundMode:
        return InboundMode(self.rule.inbound_mode)

    def projects(self) -> QuerySet[Project]:
        """By path; each with its `own_mode`."""
        below = Project.objects.below(self._group.pk).alive()
        below = below.annotate(own_mode=Coalesce("token_access__inbound_mode", InboundMode.ENFORCED.value))
        deviates = Q(own_mode__lt=self.rule.inbound_mode)
        if self._has_list:
            deviates |= Q(pk__in=self._entries_beyond().values("project"))
        return below.filter(deviates).order_by("full_path")

    def visible_projects(self, reader: User) -> QuerySet[Project]:
        return self.projects().filter(pk__in=Project.objects.visible_to(reader).order_by().values("pk"))

    def count_hidden(self, reader: User) -> int:
        return self.projects().count() - self.visible_projects(reader).count()

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
        entries = entries.annotate(**self._covering())
        nearer = When(covering_group_at__lt=F("covering_project_at"), then=F("covering_group"))
        entries = entries.annotate(covered=Case(nearer, default=Coalesce("covering_project", "covering_group")))
        more = Q(default_permissions=True) | reduce(or_, map(_grants_more, Permission))
        return entries.filter(Q(covered=None) | Q(covered=_NOTHING) | (~Q(covered=_ALL) & more))

    def _covering(self) -> dict[str, Subquery]:
        """What the entries of the group's list for the same project, and for the nearest group above it, grant: `all`,
        `nothing` of one that has lapsed, or the permissions as text; NULL if there is none. And how far up their lists
        are."""
        grants = Case(
            When(Q(suspended_at__isnull=False) | Q(expires_at__lte=today()), then=Value(_NOTHING)),
            When(default_permissions=True, then=Value(_ALL)),
            default=Cast("permissions", TextField()),
            output_field=TextField(),
        )
        listed = inherited_entries(self._group.pk).select_related(None).annotate(grants=grants)
        of_project = listed.filter(target_project=OuterRef("target_project"))
        above = "target_group__descendant_links"
        of_group = listed.filter(**{f"{above}__group": OuterRef("source_group")})
        of_group = of_group.order_by(F("distance"), f"{above}__distance")
        return {
            "covering_project": Subquery(of_project.values("grants")[:1], output_field=TextField()),
            "covering_project_at": Subquery(of_project.values("distance")[:1]),
            "covering_group": Subquery(of_group.values("grants")[:1], output_field=TextField()),
            "covering_group_at": Subquery(of_group.values("distance")[:1]),
        }


def _grants_more(permission: Permission) -> Q:
    """Whether the entry grants it, and what covers the entry does not. `admin_x` also grants `read_x`."""
    names = {str(permission), permission.replace("read_", "admin_", 1)}
    covered = reduce(or_, (Q(covered__contains=f'"{name}"') for name in names))
    return Q(granted__contains=f'"{permission}"') & ~covered
