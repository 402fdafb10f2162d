"""Who belongs to a project or group: by a membership of its own, by one in a group above, or in an invited group."""

from __future__ import annotations

from collections import defaultdict
from copy import copy

from django.db.models import F, Q, QuerySet

from identity.models import User, today
from projects.models import Group, GroupLink, Membership, Project


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
    found += _memberships_by_link(place)
    best: dict[int, Membership] = {}
    for membership in found:
        known = best.get(membership.user_id)
        if known is None or membership.role > known.role:
            best[membership.user_id] = membership
    return sorted(best.values(), key=lambda membership: membership.user.username.lower())


def active_links() -> QuerySet[GroupLink]:
    """Invitations of groups that have not ended."""
    running = GroupLink.objects.filter(Q(expires_at=None) | Q(expires_at__gt=today()))
    return running.select_related("invited", "group", "project")


def _memberships_by_link(place: Project | Group) -> list[Membership]:
    """Those of invited groups, with the role and the end that they have here; not to be saved. Two statements."""
    above = Q(group__descendant_links__group=place.nearest_group_id)
    links = list(active_links().filter(above | Q(project=place) if isinstance(place, Project) else above))
    of_invited = active_memberships().filter(
        group__descendant_links__group__in={link.invited_id for link in links}, user__is_bot=False
    )
    members = defaultdict(list)
    for membership in of_invited.annotate(invited=F("group__descendant_links__group")) if links else ():
        members[membership.invited].append(membership)
    return [_by_link(membership, link) for link in links for membership in members[link.invited_id]]


def _by_link(membership: Membership, link: GroupLink) -> Membership:
    """One membership may be seen through several links."""
    seen = copy(membership)
    seen.role = min(membership.role, link.role)
    ends = [end for end in (membership.expires_at, link.expires_at) if end]
    seen.expires_at = min(ends, default=None)
    return seen


def matches_name(membership: Membership, words: str) -> bool:
    """Whether what was typed into a search is in the person's name or username."""
    user: User = membership.user
    return words.lower() in user.username.lower() or words.lower() in user.name.lower()
