"""What a report is about: one project, all projects below a group, or all of the instance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from identity.models import today
from projects.models import Group, GroupAncestor, Project
from tokenaccess.models import GroupRule, InstanceSettings

if TYPE_CHECKING:
    from projects.querysets import ProjectQuerySet

MAX_IDS = 500


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
        return rows if self.target is None else rows.filter(pk__in=self.project_ids)

    @cached_property
    def project_ids(self) -> list[int] | QuerySet[Any, Any]:
        """Of `projects`. Of a group with few, read once for all checks: of a subquery PostgreSQL does not know how few
        they are, and reads the entries of all projects. Of others a subquery."""
        alive = Project.objects.filter(pending_deletion=False).order_by()
        if isinstance(self.target, Project):
            return [] if self.target.pending_deletion else [self.target.pk]
        if self.target is None:
            return alive.values("pk")
        below = alive.filter(group__ancestor_links__ancestor=self.target)
        return _few_or_all(below)

    @cached_property
    def projects_with_states(self) -> list[int] | QuerySet[Any, Any]:
        """Those of `projects` that keep Terraform states, as `project_ids`: they are few, and their entries too."""
        return _few_or_all(self.projects.filter(terraform_states__isnull=False).distinct())

    @property
    def groups(self) -> list[int] | object:
        """The ids of the group and those below it, as a subquery; for a project none."""
        rows = Group.objects.order_by()
        if isinstance(self.target, Project):
            return rows.filter(pk__in=[]).values("pk")
        if isinstance(self.target, Group):
            rows = rows.filter(ancestor_links__ancestor=self.target)
        return rows.values("pk")

    @property
    def groups_above(self) -> QuerySet[Any, Any]:
        """The ids of the groups that the project or group is in, whose lists count in it, as a subquery; of the
        instance none."""
        below = self.target.group_id if isinstance(self.target, Project) else getattr(self.target, "parent_id", None)
        return GroupAncestor.objects.filter(group=below).order_by().values("ancestor")

    def is_above(self, group: Group) -> bool:
        """Whether the group is one of those."""
        return self.target is not None and not f"{group.full_path}/".startswith(f"{self.path}/")

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


def _few_or_all(projects: QuerySet[Any, Any]) -> list[int] | QuerySet[Any, Any]:
    """Their ids, of many as a subquery. One statement."""
    few = list(projects.values_list("pk", flat=True)[: MAX_IDS + 1])
    return few if len(few) <= MAX_IDS else projects.values("pk")
