"""A person's role, read from guardian's rows in one query. Nothing else reads them, but the prepared
statements."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Max, Q
from django.utils import timezone

from identity.models import User
from projects.models import Group, GroupStanding, Project, ProjectStanding
from tokenaccess.policy.levels import Role


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


def _alive() -> Q:
    return Q(until=None) | Q(until__gt=today())
