"""Groups invited into projects and groups: their members have a role there, up to the one of the invitation."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import services as audit
from identity.models import User, today
from projects.models import Group, GroupLink, Project
from projects.roles import effective_roles
from projects.services.members import validate_role
from tokenaccess.policy.levels import Role


@transaction.atomic
def invite_group(
    invited: Group, *, target: Project | Group, role: int, by: User, expires_at: date | None = None
) -> GroupLink:
    """Raises ValidationError: invited already, one of its own groups, or an improper role or date."""
    home = target if isinstance(target, Group) else target.group
    effective_roles.lock_tree(home, invited)
    validate_role(role, expires_at)
    if invited.person_id is not None or (home.person_id is not None and isinstance(target, Group)):
        raise ValidationError({"base": ["A personal namespace is no group"]})
    if Group.objects.above(home.pk).filter(pk=invited.pk).exists():
        raise ValidationError({"base": ["Its members are members here already"]})
    where = {str(target.kind): target}
    known = GroupLink.objects.filter(invited=invited, **where)
    known.filter(expires_at__lte=today()).delete()  # one that has ended is in nobody's way
    if known.exists():
        raise ValidationError({"shared_with_group_id": ["has already been taken"]})
    link = GroupLink.objects.create(invited=invited, role=role, expires_at=expires_at, **where)
    _sync(target)
    message = f"Group {invited.full_path} was invited to {target.full_path} as {Role(role).name.lower()}"
    audit.record("group_invited", message, by=by, on=target, path=target.full_path, group=invited.full_path)
    return link


@transaction.atomic
def remove_group_link(link: GroupLink, *, by: User) -> None:
    target = link.project or link.group
    assert target is not None  # the database says so: group_link_in_project_or_group
    effective_roles.lock_tree(target if isinstance(target, Group) else target.group, link.invited)
    link.delete()
    _sync(target)
    message = f"Group {link.invited.full_path} is no longer invited to {target.full_path}"
    audit.record("group_uninvited", message, by=by, on=target, path=target.full_path, group=link.invited.full_path)


def _sync(target: Project | Group) -> None:
    """All below it; where groups of it are invited nothing changes, for links do not add up."""
    if isinstance(target, Project):
        groups, projects = Group.objects.none(), Project.objects.filter(pk=target.pk)
    else:
        groups, projects = Group.objects.below(target.pk), Project.objects.below(target.pk)
    effective_roles.sync(groups=groups, projects=projects)
