"""A project or group on its way to another parent: which groups are above it before, and which afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from projects.models import Group, GroupAncestor, Project


@dataclass(frozen=True, slots=True)
class Move:
    """`left`, `reached`: the groups that are above it only before, and only afterwards."""

    place: Project | Group
    parent: Group | None
    here: int | None
    left: frozenset[int]
    reached: frozenset[int]

    @classmethod
    def of(cls, place: Project | Group, parent: Group | None) -> Move:
        here = place.group_id if isinstance(place, Project) else place.parent_id
        before, after = _above(here), _above(parent.pk if parent else None)
        return cls(place, parent, here, before - after, after - before)

    @property
    def projects(self) -> QuerySet[Project]:
        """What is moved, of projects."""
        if isinstance(self.place, Project):
            return Project.objects.filter(pk=self.place.pk)
        return Project.objects.below(self.place.pk).alive()


def _above(group_id: int | None) -> frozenset[int]:
    links = GroupAncestor.objects.filter(group=group_id) if group_id else GroupAncestor.objects.none()
    return frozenset(links.values_list("ancestor_id", flat=True))
