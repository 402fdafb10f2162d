"""People together with their own namespace: both are there, are named alike and go, or neither."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from identity import services as identity
from identity.models import User
from projects.models import Group, Membership, Project
from projects.services.groups import create_namespace
from projects.services.moves import rename_group
from projects.services.projects import delete_project
from tokenaccess.policy.levels import Role


@transaction.atomic
def create_person(*, username: str, password: str | None, by: User | None, **more: Any) -> User:
    """`more`: name, email, is_external, is_superuser. Raises ValidationError by field; a username is also a path."""
    user = identity.create_person(username=username, password=password, by=by, **more)
    try:
        create_namespace(user)
    except ValidationError as error:
        raise ValidationError({"username": error.messages}) from error
    return user


@transaction.atomic
def update_person(user: User, *, by: User | None, password: str | None = None, **changes: Any) -> User:
    """Renaming moves the namespace and the projects in it along. A new password ends the person's sessions."""
    if password is not None:
        identity.change_password(user, password=password, by=by)
    username = changes.get("username", user.username)
    identity.update_person(user, by=by, **changes)
    namespace = Group.objects.filter(person=user).first()
    if namespace is not None and namespace.path != username:
        try:
            rename_group(namespace, path=username, by=by)
        except ValidationError as error:
            raise ValidationError({"username": error.messages}) from error
    return user


@transaction.atomic
def delete_person(user: User, *, by: User | None, with_projects: bool = False) -> None:
    """`with_projects`: their personal projects go too; without it a person who has some stays.

    Raises ValidationError: projects, or a group that would lose its only owner.
    """
    owned = Membership.objects.filter(user=user, role=Role.OWNER, group__parent=None, group__person=None)
    for membership in owned.select_related("group"):
        others = Membership.objects.filter(group=membership.group, role=Role.OWNER, expires_at=None).exclude(user=user)
        if not others.exists():
            raise ValidationError({"base": [f"{user.username} is the only owner of {membership.group}"]})
    personal = Project.objects.filter(group__person=user)
    if personal.filter(pending_deletion=False).exists() and not with_projects:
        raise ValidationError({"base": [f"{user.username} has personal projects; delete those first"]})
    for project in personal:
        delete_project(project, by=by or user)
    identity.delete_person(user, by=by)
