"""Who belongs to a project or group: by a membership of its own, by one in a group above, or in an invited group."""

from __future__ import annotations

from collections import defaultdict
from copy import copy
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from identity.models import User, today
from projects.models import Group, GroupLink, Membership, Project


def active_memberships() -> QuerySet[Membership]:
    """Memberships that have not ended, with their people."""
    running = Membership.objects.filter(Q(expires_at=None) | Q(expires_at__gt=today()))
    return running.select_related("user", "created_by", "group", "project")


def direct_memberships(place: Project | Group) -> QuerySet[Membership]:
    return active_memberships().filter(**{str(place.kind): place})


def effective_memberships(place: Project | Group, *, without: GroupLink | None = None) -> list[Membership]:
    """For each person the membership that gives the highest role here, nearest first where two give the same.

    `without`: an invitation that is left out, as if it had ended.
    """
    in_groups = active_memberships().filter(group__descendant_links__group=place.nearest_group_id)
    found = list(in_groups.order_by("group__descendant_links__distance"))
    if isinstance(place, Project):
        found = [*direct_memberships(place), *found]
    found += _memberships_by_link(place, without)
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


@dataclass(frozen=True, slots=True)
class LinkEndEffects:
    """Of those who have a role by an invitation: how many have none when it ends, how many a lower one, how many the
    same, which another membership or invitation gives them."""

    lost: int
    lowered: int
    kept: int


def effects_of_link_end(link: GroupLink) -> LinkEndEffects:
    """In the project or group itself: below it a person may have more. Eight statements at most."""
    place = link.project or link.group
    assert place is not None  # the database says so: group_link_in_project_or_group
    before = {membership.user_id: membership.role for membership in effective_memberships(place)}
    after = {membership.user_id: membership.role for membership in effective_memberships(place, without=link)}
    has_ended = link.expires_at is not None and link.expires_at <= today()
    people = set() if has_ended else set(_people_of(link))
    lost = people - after.keys()
    lowered = {user for user in people - lost if after[user] < before[user]}
    return LinkEndEffects(len(lost), len(lowered), len(people) - len(lost) - len(lowered))


def _people_of(link: GroupLink) -> QuerySet[Membership, int]:
    members = active_memberships().filter(group__descendant_links__group=link.invited_id, user__is_bot=False)
    return members.values_list("user_id", flat=True)


def _memberships_by_link(place: Project | Group, without: GroupLink | None = None) -> list[Membership]:
    """Those of invited groups, with the role and the end that they have here; not to be saved. Two statements."""
    above = Q(group__descendant_links__group=place.nearest_group_id)
    rows = active_links().filter(above | Q(project=place) if isinstance(place, Project) else above)
    links = list(rows.exclude(pk=without.pk) if without else rows)
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
