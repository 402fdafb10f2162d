"""Keeps guardian's rows equal to what memberships say: direct, inherited from every group above, not ended.

Called by the services that change a membership or the tree, inside their transaction and with the tree's root locked
(`lock_tree`): every row of one tree depends on that tree alone, so two changes at once cannot lose each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import F, QuerySet

from identity.models import today
from projects.models import Group, GroupEffectiveRole, Membership, Project, ProjectEffectiveRole
from projects.models.choices import GROUP_CODENAMES, PROJECT_CODENAMES
from tokenaccess.policy.levels import Role

FOREVER = date.max
Key = tuple[int, int, int]  # person, place, permission


def lock_tree(group: Group) -> None:
    """Waits for any other change in this group's tree. SQLite's writers queue by themselves."""
    root = Group.objects.filter(descendant_links__group=group, parent=None)
    list(Group.objects.select_for_update().filter(pk__in=root.values("pk")).values_list("pk"))


def sync(*, groups: QuerySet[Group], projects: QuerySet[Project], users: Iterable[int] | None = None) -> int:
    """Makes the rows of these groups and projects (of these people, or of all) what they should be.

    Returns how many rows were wrong: `reconcile` expects none.
    """
    inherited = Membership.objects.filter(group__descendant_links__group__in=groups)
    at_group = inherited.annotate(place=F("group__descendant_links__group_id"))
    in_project = Membership.objects.filter(project__in=projects).annotate(place=F("project_id"))
    above = Membership.objects.filter(group__descendant_links__group__projects__in=projects)
    at_project = above.annotate(place=F("group__descendant_links__group__projects__id"))
    wrong = _apply(GroupEffectiveRole, GROUP_CODENAMES, [at_group], groups, users)
    return wrong + _apply(ProjectEffectiveRole, PROJECT_CODENAMES, [in_project, at_project], projects, users)


def _apply(model: Any, codenames: Any, sources: list[Any], places: QuerySet[Any], users: Iterable[int] | None) -> int:
    if places.query.is_empty():
        return 0
    ids = permission_ids(codenames)
    only = {} if users is None else {"user_id__in": list(users)}
    wanted: dict[Key, date] = {}
    for source in sources:
        for user, place, role, end in source.filter(**only).values_list("user_id", "place", "role", "expires_at"):
            until = end or FOREVER
            if until <= today():
                continue
            for level, permission in ids.items():
                if level <= role:
                    key = (user, place, permission)
                    wanted[key] = max(wanted.get(key, date.min), until)
    roles = {permission: role for role, permission in ids.items()}
    return _write(model, wanted, roles, model.objects.filter(content_object__in=places, **only))


def permission_ids(codenames: Mapping[Role, str]) -> dict[int, int]:
    """Role → the id of its permission."""
    rows = Permission.objects.filter(content_type__app_label="projects", codename__in=codenames.values())
    by_name = dict(rows.values_list("codename", "pk"))
    return {int(role): by_name[name] for role, name in codenames.items()}


def _write(model: Any, wanted: dict[Key, date], roles: dict[int, int], existing: QuerySet[Any]) -> int:
    stale, moved = [], []
    for row in existing:
        until = wanted.pop((row.user_id, row.content_object_id, row.permission_id), None)
        if until is None:
            stale.append(row.pk)
        elif ((row.until or FOREVER), row.role) != (until, roles[row.permission_id]):
            row.until, row.role = _stored_until(until), roles[row.permission_id]
            moved.append(row)
    missing = [
        model(
            user_id=user,
            content_object_id=place,
            permission_id=permission,
            role=roles[permission],
            until=_stored_until(until),
        )
        for (user, place, permission), until in wanted.items()
    ]
    for start in range(0, len(stale), 500):
        model.objects.filter(pk__in=stale[start : start + 500]).delete()
    model.objects.bulk_update(moved, ["until", "role"], batch_size=500)
    model.objects.bulk_create(missing, batch_size=500)
    return len(stale) + len(moved) + len(missing)


def _stored_until(until: date) -> date | None:
    return None if until == FOREVER else until


@transaction.atomic
def delete_expired(day: date) -> int:
    """Memberships whose last day was before `day`, with the rows that follow from them; they count no longer anyhow.

    Returns how many memberships.
    """
    for rows in (GroupEffectiveRole, ProjectEffectiveRole):
        rows.objects.filter(until__lte=day).delete()
    return Membership.objects.filter(expires_at__lte=day).delete()[0]
