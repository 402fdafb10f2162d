"""Keeps guardian's rows equal to what memberships say: direct, inherited from every group above, not ended; and those
of a group that is invited (GroupLink), with no more than the role of the invitation.

Called by the services that change a membership or the tree, inside their transaction and with the tree's root locked
(`lock_tree`), and the roots of the trees where groups of it are invited: every row depends on these trees alone, so two
changes at once cannot lose each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet

from identity.models import today
from projects.models import (
    Group,
    GroupAncestor,
    GroupEffectiveRole,
    GroupLink,
    Membership,
    Project,
    ProjectEffectiveRole,
)
from projects.models.choices import GROUP_CODENAMES, PROJECT_CODENAMES
from projects.querysets import GroupQuerySet, ProjectQuerySet
from tokenaccess.policy.levels import Role

FOREVER = date.max
Key = tuple[int, int, int]  # person, place, permission


class RoleUntil(NamedTuple):
    """That somebody has a role in a place before a day."""

    user: int
    place: int
    role: int
    until: date


def lock_tree(*groups: Group) -> None:
    """Waits for any other change in the trees of these groups, and where groups of them are invited. Rows that name
    them may still be written: who writes those may hold what the change needs. SQLite's writers queue by themselves.
    Raises ValidationError if one of them is gone by then."""
    locked: set[int] = set()
    # Until they are locked another may invite a group of them elsewhere; from then on nobody does.
    while missing := _roots_of(groups) - locked:
        rows = Group.objects.select_for_update(no_key=True).filter(pk__in=missing).order_by("pk")
        locked |= set(rows.values_list("pk", flat=True)) | missing


def _roots_of(groups: Sequence[Group]) -> set[int]:
    roots = GroupAncestor.objects.filter(ancestor__parent=None)
    root_of = dict(roots.filter(group__in=groups).values_list("group", "ancestor"))
    if len(root_of) < len({group.pk for group in groups}):
        raise ValidationError({"base": ["The group was deleted meanwhile"]})
    own = set(root_of.values())
    links = GroupLink.objects.filter(invited__ancestor_links__ancestor__in=own)
    places = {place for pair in links.values_list("group", "project__group") for place in pair if place}
    return own | set(roots.filter(group__in=places).values_list("ancestor", flat=True))


def places_below(*groups: Group) -> tuple[GroupQuerySet, ProjectQuerySet]:
    """The groups and projects in which the members of these groups have a role: all below, and where one of those is
    invited."""
    links = list(GroupLink.objects.filter(invited__ancestor_links__ancestor__in=groups))
    tops = {group.pk for group in groups} | {link.group_id for link in links if link.group_id}
    below = Group.objects.filter(pk__in=GroupAncestor.objects.filter(ancestor__in=tops).values("group"))
    projects = {link.project_id for link in links if link.project_id}
    return below, Project.objects.filter(Q(group__in=below.values("pk")) | Q(pk__in=projects))


def sync(*, groups: QuerySet[Group], projects: QuerySet[Project], users: Iterable[int] | None = None) -> int:
    """Makes the rows of these groups and projects (of these people, or of all) what they should be.

    Returns how many rows were wrong: `reconcile` expects none.
    """
    inherited = Membership.objects.filter(group__descendant_links__group__in=groups)
    at_group = inherited.annotate(place=F("group__descendant_links__group_id"))
    in_project = Membership.objects.filter(project__in=projects).annotate(place=F("project_id"))
    above = Membership.objects.filter(group__descendant_links__group__projects__in=projects)
    at_project = above.annotate(place=F("group__descendant_links__group__projects__id"))
    links = GroupLink.objects.all()
    to_group = links.filter(group__descendant_links__group__in=groups)
    to_project = links.filter(project__in=projects)
    to_above = links.filter(group__descendant_links__group__projects__in=projects)
    linked_groups = [to_group.annotate(place=F("group__descendant_links__group_id"))]
    linked_projects = [
        to_project.annotate(place=F("project_id")),
        to_above.annotate(place=F("group__descendant_links__group__projects__id")),
    ]
    only = None if users is None else list(users)
    of_groups = [*_roles_in([at_group], only), *_roles_by_link(linked_groups, only)]
    wrong = _apply(GroupEffectiveRole, GROUP_CODENAMES, of_groups, groups, only)
    of_projects = [*_roles_in([in_project, at_project], only), *_roles_by_link(linked_projects, only)]
    return wrong + _apply(ProjectEffectiveRole, PROJECT_CODENAMES, of_projects, projects, only)


def _roles_in(sources: list[QuerySet[Any]], users: list[int] | None) -> Iterator[RoleUntil]:
    only = {} if users is None else {"user_id__in": users}
    for source in sources:
        for user, place, role, end in source.filter(**only).values_list("user_id", "place", "role", "expires_at"):
            yield RoleUntil(user, place, role, end or FOREVER)


def _roles_by_link(sources: list[QuerySet[Any]], users: list[int] | None) -> Iterator[RoleUntil]:
    """Of the members of invited groups. A bot of an access token belongs to its own place only."""
    member = "invited__ancestor_links__ancestor__memberships__"
    only: dict[str, Any] = {f"{member}user__is_bot": False}
    if users is not None:
        only[f"{member}user_id__in"] = users
    fields = (f"{member}user_id", "place", f"{member}role", f"{member}expires_at", "role", "expires_at")
    for source in sources:
        for user, place, role, end, most, link_end in source.filter(**only).values_list(*fields):
            yield RoleUntil(user, place, min(role, most), min(end or FOREVER, link_end or FOREVER))


def _apply(
    model: Any, codenames: Any, roles_held: Iterable[RoleUntil], places: QuerySet[Any], users: list[int] | None
) -> int:
    if places.query.is_empty():
        return 0
    ids = permission_ids(codenames)
    only = {} if users is None else {"user_id__in": users}
    wanted: dict[Key, date] = {}
    for held in roles_held:
        if held.until <= today():
            continue
        for level, permission in ids.items():
            if level <= held.role:
                key = (held.user, held.place, permission)
                wanted[key] = max(wanted.get(key, date.min), held.until)
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
    GroupLink.objects.filter(expires_at__lte=day).delete()
    return Membership.objects.filter(expires_at__lte=day).delete()[0]
