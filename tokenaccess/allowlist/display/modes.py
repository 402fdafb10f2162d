"""How many projects limit access, as it takes effect."""

from __future__ import annotations

from django.db.models import Case, Count, QuerySet, Value, When
from django.db.models.functions import Coalesce, Greatest

from projects.models import Project
from projects.models.group import GroupAncestor
from tokenaccess.models import GroupRule, InstanceSettings
from tokenaccess.policy.levels import InboundMode


def count_projects_by_mode(among: QuerySet[Project] | None = None) -> dict[InboundMode, int]:
    """The strictest of what each project, the groups above it and the instance say. `among`: some projects only. Two
    statements."""
    mode = Greatest(
        Coalesce("token_access__inbound_mode", Value(InboundMode.ENFORCED.value)),
        _mode_of_groups(),
        Value(InstanceSettings.current().inbound_mode),
    )
    projects = (Project.objects.all() if among is None else among).filter(pending_deletion=False).order_by()
    counted = dict(projects.annotate(mode=mode).values_list("mode").annotate(count=Count("pk")))
    return {mode: counted.get(mode.value, 0) for mode in InboundMode}


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
