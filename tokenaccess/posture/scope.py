"""What a report is about: one project, all projects below a group, or all of the instance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from identity.models import today
from projects.models import Group, Project
from tokenaccess.models import GroupRule, InstanceSettings

if TYPE_CHECKING:
    from projects.querysets import ProjectQuerySet


@dataclass
class Scope:
    """`target` is None for the instance."""

    target: Project | Group | None

    @property
    def kind(self) -> str:
        return "instance" if self.target is None else str(self.target.kind)

    @property
    def path(self) -> str:
        return "" if self.target is None else self.target.full_path

    @property
    def projects(self) -> ProjectQuerySet:
        rows = Project.objects.filter(pending_deletion=False).order_by()
        if isinstance(self.target, Project):
            return rows.filter(pk=self.target.pk)
        if isinstance(self.target, Group):
            return rows.filter(group__ancestor_links__ancestor=self.target)
        return rows

    @property
    def groups(self) -> list[int] | object:
        """The ids of the group and those below it, as a subquery; for a project none."""
        rows = Group.objects.order_by()
        if isinstance(self.target, Project):
            return rows.filter(pk__in=[]).values("pk")
        if isinstance(self.target, Group):
            rows = rows.filter(ancestor_links__ancestor=self.target)
        return rows.values("pk")

    @cached_property
    def instance(self) -> InstanceSettings:
        return InstanceSettings.current()

    @cached_property
    def has_ceilings(self) -> bool:
        """Whether any group of the instance has one."""
        return GroupRule.objects.filter(has_ceiling=True).exists()

    @cached_property
    def today(self) -> date:
        return today()
