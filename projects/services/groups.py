"""Groups: making and changing."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import services as audit
from identity.models import User
from identity.names import require_visible
from projects.models import FormerPath, Group, GroupAncestor, Membership, Project
from projects.roles import effective_roles
from projects.services.names import full_path_in, validate_name, validate_visibility
from tokenaccess.policy.levels import Role, Visibility


@transaction.atomic
def create_group(
    *,
    name: str,
    path: str,
    by: User,
    parent: Group | None = None,
    visibility: int = Visibility.PRIVATE,
    description: str = "",
) -> Group:
    """A new group with its maker as owner. Raises ValidationError by field."""
    if parent is not None:
        effective_roles.lock_tree(parent)
        if parent.person_id is not None:
            raise ValidationError({"parent_id": ["a personal namespace holds no groups"]})
    validate_name(name)
    validate_visibility(visibility, parent)
    require_visible(description=description, lines=True)
    group = _add(name=name, path=path, parent=parent, visibility=visibility, description=description)
    if parent is None or not _owns(by, group):
        Membership.objects.create(user=by, group=group, role=Role.OWNER, created_by=by)
    effective_roles.sync(groups=Group.objects.filter(pk=group.pk), projects=Project.objects.none())
    audit.record("group_created", f"Group {group.full_path} was created", by=by, on=group, path=group.full_path)
    return group


@transaction.atomic
def create_namespace(person: User) -> Group:
    """The person's own namespace, where projects without a group live; asked for again, the same one."""
    if person.is_bot:
        raise ValidationError({"base": ["The bot of an access token has no namespace of its own"]})
    known = Group.objects.filter(person=person).first()
    if known is not None:
        return known
    group = _add(
        name=person.name or person.username,
        path=person.username,
        parent=None,
        visibility=Visibility.PUBLIC,
        description="",
        person=person,
    )
    Membership.objects.create(user=person, group=group, role=Role.OWNER)
    effective_roles.sync(groups=Group.objects.filter(pk=group.pk), projects=Project.objects.none())
    return group


def _add(*, path: str, parent: Group | None, **fields: Any) -> Group:
    full_path = full_path_in(parent, path)
    FormerPath.claim(full_path)
    group = Group.objects.create(path=path, parent=parent, full_path=full_path, **fields)
    above = GroupAncestor.objects.filter(group=parent) if parent else GroupAncestor.objects.none()
    links = [GroupAncestor(group=group, ancestor_id=link.ancestor_id, distance=link.distance + 1) for link in above]
    GroupAncestor.objects.bulk_create([GroupAncestor(group=group, ancestor=group, distance=0), *links])
    return group


def _owns(user: User, group: Group) -> bool:
    """Whether the membership above already makes `user` an owner here."""
    return Membership.objects.filter(
        user=user, group__descendant_links__group=group, role=Role.OWNER, expires_at=None
    ).exists()


@transaction.atomic
def update_group(group: Group, *, by: User, **changes: Any) -> Group:
    """`changes`: name, description, visibility. Raises ValidationError by field."""
    effective_roles.lock_tree(group)
    if changes.get("name", group.name) != group.name:
        validate_name(changes["name"])
    if changes.get("description", group.description) != group.description:
        require_visible(description=changes["description"], lines=True)
    if "visibility" in changes:
        validate_visibility(changes["visibility"], group.parent)
        below = Group.objects.below(group.pk).exclude(pk=group.pk).filter(visibility__gt=changes["visibility"])
        inside = Project.objects.below(group.pk).filter(visibility__gt=changes["visibility"])
        if below.exists() or inside.exists():
            raise ValidationError({"visibility_level": ["is lower than that of a group or project inside"]})
    for field, value in changes.items():
        setattr(group, field, value)
    group.save(update_fields=list(changes))
    audit.record(
        "group_updated", f"Group {group.full_path} was changed", by=by, on=group, path=group.full_path, **changes
    )
    return group
