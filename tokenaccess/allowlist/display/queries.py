"""Projects and groups on an allowlist, for display: the project itself is always the first."""

from __future__ import annotations

from django.db.models import F, FilteredRelation, Q, QuerySet

from projects.models import Group, Project
from tokenaccess.models import Direction


def listed_projects(project: Project, direction: str = Direction.INBOUND) -> QuerySet[Project]:
    """The project itself, then those on its list in the order in which they were added, each with its `group`. None
    that is marked for deletion."""
    mine = Q(listed_in__project=project, listed_in__direction=direction)
    joined = Project.objects.alive().annotate(entry=FilteredRelation("listed_in", condition=mine))
    listed = joined.filter(Q(pk=project.pk) | Q(entry__isnull=False))
    return listed.select_related("group").order_by(F("entry__id").asc(nulls_first=True))


def listed_groups(project: Project) -> QuerySet[Group]:
    """The groups on the project's list, in the order in which they were added."""
    mine = Q(listed_in__project=project)
    joined = Group.objects.annotate(entry=FilteredRelation("listed_in", condition=mine))
    return joined.filter(entry__isnull=False).order_by("entry__id")
