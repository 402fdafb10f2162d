"""Whom the locks of groups keep from moving a project or group elsewhere (docs/group-rules.md)."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from identity.models import User
from projects.models import Group, Project
from projects.roles.roles import role_of
from tokenaccess.allowlist.moves.move import Move
from tokenaccess.allowlist.targets import can_see
from tokenaccess.models import GroupRule
from tokenaccess.policy.levels import InboundMode, Role


def reason_to_stay(place: Project | Group, parent: Group | None, by: User) -> str:
    """A move that leaves a locked group, or below one what narrows, or reaches there what opens more, takes the role
    Owner in that group: it weakens what the lock holds. "" where nothing keeps `by` from it."""
    move = Move.of(place, parent)
    for rule in _locks_above(move):
        if (rule.pk in move.left or _opens_below(move, rule)) and role_of(by, rule.group) < Role.OWNER:
            return _refusal(rule.group, by)
    return ""


def _locks_above(move: Move) -> QuerySet[GroupRule]:
    """Of the groups above it before."""
    rules = GroupRule.objects.above(move.here) if move.here else GroupRule.objects.none()
    return rules.filter(is_locked=True).select_related("group")


def _opens_below(move: Move, rule: GroupRule) -> bool:
    """Whether, below that group, it leaves what narrows or has a list, or reaches a list."""
    below = GroupRule.objects.filter(group__ancestor_links__ancestor=rule.pk)
    says = Q(inbound_mode__gt=InboundMode.OPEN.value) | Q(has_ceiling=True) | Q(group__allowlist__isnull=False)
    left = Q(pk__in=move.left) & says
    return below.filter(left | Q(pk__in=move.reached, group__allowlist__isnull=False)).exists()


def _refusal(group: Group, by: User) -> str:
    if can_see(by, group):
        words = _("You can't move this there because group %(group)s locks it. It takes an owner of that group.")
        return words % {"group": group.full_path}
    return _("You can't move this there because a group above locks it. It takes an owner of that group.")
