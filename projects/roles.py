"""A person's role, read from guardian's rows in one query. Nothing else reads them, but the prepared statement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from identity.models import User
from projects.models import Group, GroupStanding, Project, ProjectStanding
from tokenaccess.policy.levels import Role

Rows = TypeVar("Rows", bound="QuerySet[Project] | QuerySet[Group]")


def today() -> date:
    return timezone.now().date()


def standing(user: User, on: Project | Group) -> Role:
    """The highest role `user` has there now; administrators are owners of everything, NONE is a stranger."""
    if user.is_superuser:
        return Role.OWNER
    rows = ProjectStanding if isinstance(on, Project) else GroupStanding
    held = rows.objects.filter(_alive(), user_id=user.pk, content_object_id=on.pk)
    return Role(held.aggregate(highest=Max("role"))["highest"] or 0)


def standings(user: User, projects: Iterable[Project]) -> dict[int, Role]:
    """Project id → the role `user` has there now; in one query, however many projects."""
    ids = [project.pk for project in projects]
    if user.is_superuser:
        return dict.fromkeys(ids, Role.OWNER)
    rows = ProjectStanding.objects.filter(_alive(), user=user, content_object__in=ids)
    held = rows.values("content_object").annotate(highest=Max("role")).values_list("content_object", "highest")
    return dict.fromkeys(ids, Role.NONE) | {pk: Role(role) for pk, role in held}


def find_standing(user: User | None, among: Rows) -> tuple[Project | Group | None, Role]:
    """The first of `among`, and the role `user` has there now: one statement, whether there is such a one or not."""
    if user is None or user.is_superuser:
        return among.first(), Role.NONE if user is None else Role.OWNER
    rows = ProjectStanding if among.model is Project else GroupStanding
    held = rows.objects.filter(_alive(), user=user, content_object=OuterRef("pk"))
    highest = held.values("content_object").annotate(highest=Max("role")).values("highest")
    found = among.annotate(standing_role=Subquery(highest)).first()
    return found, Role.NONE if found is None else Role(found.standing_role or 0)  # type: ignore[union-attr]


def _alive() -> Q:
    return Q(until=None) | Q(until__gt=today())
