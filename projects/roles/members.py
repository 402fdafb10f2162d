"""Who belongs to a project or group: by a membership of its own, or by one in a group above."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from identity.models import User, today
from projects.models import Group, Membership, Project


def active_memberships() -> QuerySet[Membership]:
    """Memberships that have not ended, with their people."""
    running = Membership.objects.filter(Q(expires_at=None) | Q(expires_at__gt=today()))
    return running.select_related("user", "created_by", "group", "project")


def direct_memberships(place: Project | Group) -> QuerySet[Membership]:
    return active_memberships().filter(**{str(place.kind): place})


def effective_memberships(place: Project | Group) -> list[Membership]:
    """For each person the membership that gives the highest role here, nearest first where two give the same."""
    in_groups = active_memberships().filter(group__descendant_links__group=place.nearest_group_id)
    found = list(in_groups.order_by("group__descendant_links__distance"))
    if isinstance(place, Project):
        found = [*direct_memberships(place), *found]
    best: dict[int, Membership] = {}
    for membership in found:
        known = best.get(membership.user_id)
        if known is None or membership.role > known.role:
            best[membership.user_id] = membership
    return sorted(best.values(), key=lambda membership: membership.user.username.lower())


def matches_name(membership: Membership, words: str) -> bool:
    """Whether what was typed into a search is in the person's name or username."""
    user: User = membership.user
    return words.lower() in user.username.lower() or words.lower() in user.name.lower()
