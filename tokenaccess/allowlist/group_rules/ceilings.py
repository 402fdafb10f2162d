"""What the ceilings of the groups above projects leave of their own entries, for display and for reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery, TextField
from django.db.models.functions import Cast, Coalesce

from projects.models import Group, Project
from tokenaccess.allowlist.group_rules.inherited import AnyEntry, InboundMatcher
from tokenaccess.allowlist.matcher import ancestor_ids
from tokenaccess.models import GroupAllowlistEntry, GroupRule
from tokenaccess.policy.permissions import names_granting

ALL, SOME = "all", "some"


def ceiling_effects(holder: Project | Group, entries: Mapping[AnyEntry, int]) -> dict[int, str]:
    """Entry id → ALL where nothing is left of it, SOME where less than it grants. Of an entry for a group, as for a
    project right there: what a list says of single projects inside is not looked at. `entries`: of the own list, each
    with the id of the group that its target is in, or is. Five statements at most, one where no group above has a
    ceiling."""
    ceilings = GroupRule.objects.above(holder.nearest_group_id).filter(has_ceiling=True)
    ceilings = ceilings.exclude(pk=holder.pk) if isinstance(holder, Group) else ceilings
    if not entries or not ceilings.exists():
        return {}
    matcher = InboundMatcher(holder)
    above = ancestor_ids(entries.values())
    effects = {}
    for entry, group in entries.items():
        source = entry.target_project_id or 0  # no project has the number 0: a group is matched by its groups alone
        match = matcher.match(source, above[group])
        if match.barred_by:
            effects[entry.pk] = ALL
        elif match.effective is not None and match.effective.capped_by:
            effects[entry.pk] = SOME
    return effects


def cut_by_ceilings(day: date, permission: str | None = None, *, of_groups: bool = False) -> Exists:
    """For a queryset of inbound entries: those of which a ceiling leaves nothing, as ALL of `ceiling_effects`.
    `permission`: those that it does not leave this permission; "" for all that the user's role may do. `of_groups`: for
    a queryset of entries of groups' lists, which only the ceilings further up cut."""
    most = Subquery(_entries_of_ceiling().values("pk")[:1])
    granted = GroupAllowlistEntry.objects.active(day).order_by().filter(pk=OuterRef("most"))
    if permission is not None:
        granted = granted.alias(as_text=Cast("permissions", TextField()))  # SQLite cannot look into JSON otherwise
        named = (Q(as_text__contains=f'"{name}"') for name in names_granting(permission))  # of "" in no list
        granted = granted.filter(reduce(or_, named, Q(default_permissions=True)))
    holder, least = (OuterRef("group"), 1) if of_groups else (OuterRef("project__group"), 0)
    links = {"group__descendant_links__group": holder, "group__descendant_links__distance__gte": least}
    ceilings = GroupRule.objects.filter(has_ceiling=True, **links)
    return Exists(ceilings.order_by().alias(most=most).exclude(Exists(granted)))


def _entries_of_ceiling() -> Any:
    """The entries of a ceiling's list, and of those above it, for the target of an entry: the nearest, also if it has
    lapsed.
    Within a rule within an entry."""
    project, parent, group = (
        OuterRef(OuterRef(name)) for name in ("target_project", "target_project__group", "target_group")
    )
    matching = Q(target_project=project) | Q(target_group__descendant_links__group=Coalesce(group, parent))
    upper = GroupAllowlistEntry.objects.filter(group__descendant_links__group=OuterRef("group"))
    rows = upper.annotate(list_distance=F("group__descendant_links__distance")).filter(matching)
    nearest_first = F("target_group__descendant_links__distance").asc(nulls_first=True)
    return rows.order_by("list_distance", nearest_first)
