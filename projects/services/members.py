"""Memberships: what people edit. Guardian's rows follow in the same transaction."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import services as audit
from identity.models import User, today
from projects.models import Group, Membership, Project
from projects.roles import effective_roles
from tokenaccess.policy.levels import Role


@transaction.atomic
def add_member(
    *, user: User, target: Project | Group, role: int, by: User | None, expires_at: date | None = None
) -> Membership:
    """A new member. Raises ValidationError: already one, a bot, or an improper role or date."""
    if user.is_bot:
        raise ValidationError({"base": ["The bot of an access token belongs to its own project or group only"]})
    return _add(user=user, target=target, role=role, by=by, expires_at=expires_at)


@transaction.atomic
def add_bot(*, user: User, target: Project | Group, role: int, by: User | None) -> Membership:
    """The one membership of the bot of an access token."""
    return _add(user=user, target=target, role=role, by=by, expires_at=None)


@transaction.atomic
def remove_bot(user: User) -> None:
    """Takes its membership away."""
    for membership in Membership.objects.filter(user=user).select_related("project__group", "group"):
        place = membership_target(membership)
        lock_place(place)
        membership.delete()
        _sync_roles(place, user)


def _add(*, user: User, target: Project | Group, role: int, by: User | None, expires_at: date | None) -> Membership:
    lock_place(target)
    validate_role(role, expires_at)
    known = Membership.objects.filter(user=user, **_where(target))
    known.filter(expires_at__lte=today()).delete()  # one that has ended is in nobody's way
    if known.exists():
        raise ValidationError({"base": ["Member already exists"]})
    membership = Membership.objects.create(user=user, role=role, expires_at=expires_at, created_by=by, **_where(target))
    _sync_roles(target, user)
    _record("member_added", f"{user.username} was added to {target.full_path} as {Role(role).name.lower()}", by, target)
    return membership


@transaction.atomic
def update_member(membership: Membership, *, role: int, by: User | None, expires_at: date | None) -> Membership:
    place = membership_target(membership)
    lock_place(place)
    validate_role(role, expires_at)
    if role != Role.OWNER or expires_at is not None:
        _require_other_owner(membership)
    membership.role, membership.expires_at = role, expires_at
    membership.save(update_fields=["role", "expires_at"])
    _sync_roles(place, membership.user)
    name = membership.user.username
    _record("member_updated", f"{name} now has the role {Role(role).name.lower()} in {place.full_path}", by, place)
    return membership


@transaction.atomic
def remove_member(membership: Membership, *, by: User | None) -> None:
    place = membership_target(membership)
    lock_place(place)
    _require_other_owner(membership)
    membership.delete()
    _sync_roles(place, membership.user)
    _record("member_removed", f"{membership.user.username} was removed from {place.full_path}", by, place)


def membership_target(membership: Membership) -> Project | Group:
    place = membership.project or membership.group
    assert place is not None  # the database says so: membership_in_project_or_group
    return place


def _where(place: Project | Group) -> dict[str, Project | Group]:
    return {str(place.kind): place}


def lock_place(place: Project | Group) -> None:
    """Until the end of the transaction nobody else changes memberships there."""
    effective_roles.lock_tree(place.group if isinstance(place, Project) else place)


def _sync_roles(place: Project | Group, user: User) -> None:
    if isinstance(place, Project):
        groups, projects = Group.objects.none(), Project.objects.filter(pk=place.pk)
    else:
        groups, projects = effective_roles.places_below(place)
    effective_roles.sync(groups=groups, projects=projects, users=[user.pk])


def validate_role(role: int, expires_at: date | None) -> None:
    if role not in {int(known) for known in Role if known}:
        raise ValidationError({"access_level": ["is not included in the list"]})
    if expires_at is not None and expires_at <= today():
        raise ValidationError({"expires_at": ["cannot be a date in the past"]})


def _require_other_owner(membership: Membership) -> None:
    """A top-level group never loses its last owner."""
    group = membership.group
    if group is None or group.parent_id is not None or membership.role != Role.OWNER:
        return
    others = Membership.objects.filter(group=group, role=Role.OWNER, expires_at=None).exclude(pk=membership.pk)
    if not others.exists():
        raise ValidationError({"base": ["The last owner of a group stays"]})


def _record(event: str, message: str, by: User | None, place: Project | Group) -> None:
    audit.record(event, message, by=by, on=place, path=place.full_path)
