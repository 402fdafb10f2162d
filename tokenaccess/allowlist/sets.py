"""Sets of projects by who lists whom, as conditions on projects: by their own lists and by those of the groups above
them (docs/group-rules.md). What a ceiling, a condition or a nearer entry that has lapsed takes away is not looked at:
the policy decides about each.
"""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from projects.models import GroupAncestor
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry, GroupRule, InstanceSettings, TokenAccessSettings
from tokenaccess.policy.levels import InboundMode
from tokenaccess.querysets import EntryQuerySet

EntryT = TypeVar("EntryT", bound=Model)


def listing(source_id: int, day: date) -> Q:
    """Of projects: an entry that is active on that day names the source, or a group above it."""
    above = GroupAncestor.objects.filter(group__projects=source_id).values("ancestor")
    found = Q()
    # Each way to be named by itself: an OR of the two within one query would read every entry there is.
    for named in (Q(target_project=source_id), Q(target_group__in=above)):
        own = AllowlistEntry.objects.inbound().filter(named).active(day).values("project")
        groups = GroupAllowlistEntry.objects.filter(named).active(day).values("group")
        found |= Q(pk__in=own) | Q(group__in=_below(groups))
    return found


def listed_by(target_id: int, day: date) -> Q:
    """Of projects: an active entry of the target, or of a group above it, names them or a group above them."""
    above = GroupAncestor.objects.filter(group__projects=target_id).values("ancestor")
    own = AllowlistEntry.objects.inbound().filter(project=target_id)
    inherited = GroupAllowlistEntry.objects.filter(group__in=above)
    return _names_of(own, day) | _names_of(inherited, day)


def without_limit() -> Q:
    """Of projects: neither they nor a group above them nor the instance enforce a limit."""
    if InstanceSettings.current().inbound_mode >= InboundMode.ENFORCED:
        return Q(pk__in=[])
    enforcing = GroupRule.objects.filter(inbound_mode=InboundMode.ENFORCED.value).values("group")
    weaker = TokenAccessSettings.objects.filter(inbound_mode__lt=InboundMode.ENFORCED.value).values("project")
    return Q(pk__in=weaker) & ~Q(group__in=_below(enforcing))


def admitted_by(entries: EntryQuerySet[EntryT], day: date) -> Q:
    """Of projects: whom this one list admits on that day. Where the nearest entry has lapsed, no wider one steps in."""
    active, lapsed = entries.active(day), entries.lapsed(day)
    above = GroupAncestor.objects.filter(ancestor__in=active.groups().values("target_group"))
    nearer = GroupAncestor.objects.filter(
        group=OuterRef("group"), distance__lt=OuterRef("distance"), ancestor__in=lapsed.groups().values("target_group")
    )
    by_group = Q(group__in=above.exclude(Exists(nearer)).values("group"))
    by_group &= ~Q(pk__in=lapsed.projects().values("target_project"))
    return Q(pk__in=active.projects().values("target_project")) | by_group


def _names_of(entries: EntryQuerySet[EntryT], day: date) -> Q:
    active = entries.active(day)
    below = _below(active.groups().values("target_group"))
    return Q(pk__in=active.projects().values("target_project")) | Q(group__in=below)


def _below(groups: QuerySet[Model, object]) -> QuerySet[GroupAncestor, object]:
    return GroupAncestor.objects.filter(ancestor__in=groups).values("group")
