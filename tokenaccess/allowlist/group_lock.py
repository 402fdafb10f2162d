"""What the rule of a group forbids below it (docs/group-rules.md). A group is named only to who may see it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist.targets import can_see
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import GroupRule
from tokenaccess.policy.levels import InboundMode


def locking_rule(place: Project | Group) -> GroupRule | None:
    """Of the nearest group above `place` that is locked; None where nothing is. One statement."""
    upper = GroupRule.objects.above(place.nearest_group_id).filter(is_locked=True).select_related("group")
    if isinstance(place, Group):
        upper = upper.exclude(pk=place.pk)
    return upper.first()


def require_may_open(place: Project | Group, by: User | None) -> None:
    """For adding and widening an inbound entry, and whatever else opens more. Raises TokenAccessError."""
    rule = locking_rule(place)
    if rule is not None:
        raise _locked(rule, by)


def require_may_set_mode(place: Project | Group, mode: InboundMode, by: User | None) -> None:
    """Raises TokenAccessError for a mode weaker than that of a locked group above, or of one above that."""
    rule = locking_rule(place)
    if rule is None:
        return
    modes = GroupRule.objects.strictest_modes([rule.pk])
    if mode < modes.get(rule.pk, InboundMode.OPEN):
        raise _locked(rule, by)


def locked_sentence(rule: GroupRule, reader: User | None) -> str:
    if can_see(reader, rule.group):
        return _("You can’t change this because group %(group)s locks it.") % {"group": rule.group.full_path}
    return _("You can’t change this because a group above locks it.")


def _locked(rule: GroupRule, by: User | None) -> TokenAccessError:
    return TokenAccessError(locked_sentence(rule, by), ErrorCode.LOCKED)
