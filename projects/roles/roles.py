"""Effective roles, read from guardian's rows in one query. Besides the prepared statements nothing else reads them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Max, Q

from identity.models import User, today
from projects.models import Group, Project, ProjectEffectiveRole
from projects.models.effective_role import EFFECTIVE_ROLES
from tokenaccess.policy.levels import Role


def role_of(user: User | None, target: Project | Group) -> Role:
    """The highest role `user` has there now; OWNER everywhere for administrators, NONE for visitors and strangers."""
    if user is None:
        return Role.NONE
    if user.is_superuser:
        return Role.OWNER
    held = EFFECTIVE_ROLES[target.kind].objects.filter(_is_active(), user_id=user.pk, content_object_id=target.pk)
    return Role(held.aggregate(highest=Max("role"))["highest"] or 0)


def roles_of(user: User, projects: Iterable[Project]) -> dict[int, Role]:
    """Project id → the role `user` has there now; in one query, however many projects."""
    ids = [project.pk for project in projects]
    if user.is_superuser:
        return dict.fromkeys(ids, Role.OWNER)
    rows = ProjectEffectiveRole.objects.filter(_is_active(), user=user, content_object__in=ids)
    held = rows.values("content_object").annotate(highest=Max("role")).values_list("content_object", "highest")
    return dict.fromkeys(ids, Role.NONE) | {pk: Role(role) for pk, role in held}


def _is_active() -> Q:
    return Q(until=None) | Q(until__gt=today())
