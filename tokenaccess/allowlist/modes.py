"""How many projects limit access, as it takes effect."""

from __future__ import annotations

from django.db.models import Count, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Greatest

from projects.models import Project
from tokenaccess.models import GroupRule, InstanceSettings
from tokenaccess.policy.levels import InboundMode


def count_projects_by_mode() -> dict[InboundMode, int]:
    """The strictest of what each project, the groups above it and the instance say. Two statements."""
    above = GroupRule.objects.filter(group__descendant_links__group=OuterRef("group")).order_by("-inbound_mode")
    mode = Greatest(
        Coalesce("token_access__inbound_mode", Value(InboundMode.ENFORCED.value)),
        Coalesce(Subquery(above.values("inbound_mode")[:1]), Value(InboundMode.OPEN.value)),
        Value(InstanceSettings.current().inbound_mode),
    )
    projects = Project.objects.filter(pending_deletion=False).order_by()
    counted = dict(projects.annotate(mode=mode).values_list("mode").annotate(count=Count("pk")))
    return {mode: counted.get(mode.value, 0) for mode in InboundMode}
