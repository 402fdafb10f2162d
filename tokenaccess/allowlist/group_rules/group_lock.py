"""What the rule of a group forbids below it (docs/group-rules.md). A group is named only to who may see it."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist.group_rules.inherited import AnyEntry, InboundMatcher
from tokenaccess.allowlist.matcher import ancestor_ids
from tokenaccess.allowlist.targets import can_see
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import GroupRule
from tokenaccess.policy.group_rules import admits_more
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
        raise _lock_error(rule, by)


def require_may_remove(entries: Collection[AnyEntry], by: User | None) -> None:
    """For removing these inbound entries of one list. Raises TokenAccessError where others would then admit more."""
    if not entries:
        return
    holder = next(iter(entries)).holder
    rule = locking_rule(holder)
    if rule is not None and _opens_more(holder, entries):
        raise _lock_error(rule, by)


def _opens_more(holder: Project | Group, removed: Collection[AnyEntry]) -> bool:
    """Which entry applies depends only on which targets of the lists a source is one of or below: so what is asked of
    these targets holds for every source. A group's entry is asked of a project right in the group. Eight statements."""
    before, after = InboundMatcher(holder, named=True), InboundMatcher(holder, without=removed)
    targets = before.targets()
    above = ancestor_ids(target.nearest_group_id for target in targets)
    for target in targets:
        source = target.pk if isinstance(target, Project) else 0  # no project has the number 0
        groups = above[target.nearest_group_id]
        now, then = before.match(source, groups), after.match(source, groups)
        if now.entry in removed and admits_more(then.effective, now.effective):
            return True
    return False


def require_may_set_mode(place: Project | Group, mode: InboundMode, by: User | None) -> None:
    """Raises TokenAccessError for a mode weaker than that of a locked group above, or of one above that."""
    rule = locking_rule(place)
    if rule is None:
        return
    modes = GroupRule.objects.strictest_modes([rule.pk])
    if mode < modes.get(rule.pk, InboundMode.OPEN):
        raise _lock_error(rule, by)


def locked_sentence(rule: GroupRule, reader: User | None) -> str:
    if can_see(reader, rule.group):
        return _("You can't change this because group %(group)s locks it.") % {"group": rule.group.full_path}
    return _("You can't change this because a group above locks it.")


def _lock_error(rule: GroupRule, by: User | None) -> TokenAccessError:
    return TokenAccessError(locked_sentence(rule, by), ErrorCode.LOCKED)
