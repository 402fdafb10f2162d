"""A person's role, read from guardian's rows in one query. Nothing else reads them, but the prepared statement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from django.db.models import Case, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone

from identity.models import User
from projects.choices import GROUP_CODENAMES, PROJECT_CODENAMES
from projects.models import Group, GroupStanding, Project, ProjectStanding
from tokenaccess.policy.levels import Role

_ROLES = {name: role for names in (PROJECT_CODENAMES, GROUP_CODENAMES) for role, name in names.items()}

Rows = TypeVar("Rows", bound="QuerySet[Project] | QuerySet[Group]")


def today() -> date:
    return timezone.now().date()


def standing(user: User, on: Project | Group) -> Role:
    """The highest role `user` has there now; administrators are owners of everything, NONE is a stranger."""
    if user.is_superuser:
        return Role.OWNER
    rows = ProjectStanding if isinstance(on, Project) else GroupStanding
    return standing_in(rows.objects.filter(user_id=user.pk, content_object_id=on.pk))


def standings(user: User, projects: Iterable[Project]) -> dict[int, Role]:
    """Project id → the role `user` has there now; in one query, however many projects."""
    ids = [project.pk for project in projects]
    if user.is_superuser:
        return dict.fromkeys(ids, Role.OWNER)
    rows = ProjectStanding.objects.filter(Q(until=None) | Q(until__gt=today()), user=user, content_object__in=ids)
    found = dict.fromkeys(ids, Role.NONE)
    for pk, codename in rows.values_list("content_object_id", "permission__codename"):
        found[pk] = max(found[pk], _ROLES.get(codename, Role.NONE))
    return found


def find_standing(user: User | None, among: Rows) -> tuple[Project | Group | None, Role]:
    """The first of `among`, and the role `user` has there now: one statement, whether there is such a one or not."""
    if user is None or user.is_superuser:
        return among.first(), Role.NONE if user is None else Role.OWNER
    rows, codenames = (
        (ProjectStanding, PROJECT_CODENAMES) if among.model is Project else (GroupStanding, GROUP_CODENAMES)
    )
    held = rows.objects.filter(Q(until=None) | Q(until__gt=today()), user=user, content_object=OuterRef("pk"))
    levels = [When(permission__codename=name, then=Value(int(role))) for role, name in codenames.items()]
    highest = held.values("content_object").annotate(role=Max(Case(*levels, output_field=IntegerField())))
    found = among.annotate(standing_role=Subquery(highest.values("role"))).first()
    return found, Role.NONE if found is None else Role(found.standing_role or 0)  # type: ignore[union-attr]


def standing_in(rows: object) -> Role:
    live = rows.filter(Q(until=None) | Q(until__gt=today()))  # type: ignore[attr-defined]
    names = live.values_list("permission__codename", flat=True)
    return max((_ROLES[name] for name in names if name in _ROLES), default=Role.NONE)
