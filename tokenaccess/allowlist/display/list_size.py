"""How much is on an inbound list, and how much fits."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from projects.models import Group
from tokenaccess.allowlist.display.summary import TokenAccessSummary
from tokenaccess.models import GroupAllowlistEntry, InstanceSettings


@dataclass(frozen=True, slots=True)
class ListSize:
    """`most`: of either kind."""

    projects: int
    groups: int
    most: int

    @classmethod
    def of_summary(cls, summary: TokenAccessSummary) -> ListSize:
        return cls(summary.projects, summary.groups, summary.max_entries)

    @classmethod
    def of_group(cls, group: Group) -> ListSize:
        """Two statements."""
        listed = GroupAllowlistEntry.objects.filter(group=group)
        counts = listed.aggregate(projects=Count("target_project"), groups=Count("target_group"))
        return cls(counts["projects"], counts["groups"], InstanceSettings.current().allowlist_limit)
