"""Who belongs to a project or group: by a membership of its own, or by one in a group above."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from identity.models import User
from projects.models import Group, Membership, Project
from projects.roles import today


def alive() -> QuerySet[Membership]:
    """Memberships that have not ended, with their people."""
    running = Membership.objects.filter(Q(expires_at=None) | Q(expires_at__gt=today()))
    return running.select_related("user", "created_by", "group", "project")


def direct(place: Project | Group) -> QuerySet[Membership]:
    return alive().filter(**({"project": place} if isinstance(place, Project) else {"group": place}))


def effective(place: Project | Group) -> list[Membership]:
    """For each person the membership that gives the highest role here, nearest first where two give the same."""
    group_id = place.group_id if isinstance(place, Project) else place.pk
    in_groups = alive().filter(group__descendant_links__group=group_id)
    found = list(in_groups.order_by("group__descendant_links__distance"))
    if isinstance(place, Project):
        found = [*direct(place), *found]
    best: dict[int, Membership] = {}
    for membership in found:
        known = best.get(membership.user_id)
        if known is None or membership.role > known.role:
            best[membership.user_id] = membership
    return sorted(best.values(), key=lambda membership: membership.user.username.lower())


def is_named(membership: Membership, words: str) -> bool:
    """Whether what was typed into a search is in the person's name or username."""
    user: User = membership.user
    return words.lower() in user.username.lower() or words.lower() in user.name.lower()
