"""Which projects limit access, as it takes effect, and how many."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Count, QuerySet, Value, When
from django.db.models.functions import Coalesce, Greatest

from projects.models import Project
from projects.models.group import GroupAncestor
from tokenaccess.models import GroupRule, InstanceSettings
from tokenaccess.policy.levels import InboundMode


def count_projects_by_mode(among: QuerySet[Project] | None = None) -> dict[InboundMode, int]:
    """The strictest of what each project, the groups above it and the instance say. `among`: some projects only. Two
    statements."""
    counted = dict(_with_modes(among).values_list("mode").annotate(count=Count("pk")))
    return {mode: counted.get(mode.value, 0) for mode in InboundMode}


def projects_in_mode(mode: InboundMode, among: QuerySet[Project] | None = None) -> QuerySet[Project]:
    """Those that are in that mode as it takes effect. `among`: some projects only. One statement, and their own."""
    found: QuerySet[Project] = _with_modes(among).filter(mode=mode.value)
    return found


def _with_modes(among: QuerySet[Project] | None) -> Any:
    """A queryset of them, each with its `mode`."""
    mode = Greatest(
        Coalesce("token_access__inbound_mode", Value(InboundMode.ENFORCED.value)),
        _mode_of_groups(),
        Value(InstanceSettings.current().inbound_mode),
    )
    projects = (Project.objects.all() if among is None else among).filter(pending_deletion=False).order_by()
    return projects.annotate(mode=mode)


def _mode_of_groups() -> Case:
    """The strictest of the groups above a project. The groups below each rule are read once, not for each project."""
    stricter = (InboundMode.ENFORCED, InboundMode.TRIAL)
    return Case(
        *(When(group__in=_groups_below_rules(mode), then=Value(mode.value)) for mode in stricter),
        default=Value(InboundMode.OPEN.value),
    )


def _groups_below_rules(mode: InboundMode) -> QuerySet[GroupAncestor, int]:
    rules = GroupRule.objects.filter(inbound_mode=mode).values("group")
    return GroupAncestor.objects.filter(ancestor__in=rules).order_by().values_list("group", flat=True)
