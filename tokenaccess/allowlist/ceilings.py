"""What the ceilings of the groups above a project leave of its own entries, for display."""

from __future__ import annotations

from collections.abc import Sequence

from projects.models import Project
from tokenaccess.allowlist.inherited import InboundMatcher
from tokenaccess.allowlist.matcher import ancestor_ids
from tokenaccess.models import AllowlistEntry, GroupRule

ALL, SOME = "all", "some"


def ceiling_effects(project: Project, entries: Sequence[AllowlistEntry]) -> dict[int, str]:
    """Entry id → ALL where nothing is left of it, SOME where less than it grants. Of a group's entry, as for a project
    right in the group: what a list says of single projects inside is not looked at. Five statements at most, one where
    no group above has a ceiling."""
    if not entries or not GroupRule.objects.above(project.group_id).filter(has_ceiling=True).exists():
        return {}
    matcher = InboundMatcher(project)
    above = ancestor_ids(entry.target.nearest_group_id for entry in entries)
    effects = {}
    for entry in entries:
        source = entry.target_project_id or 0  # no project has the number 0: a group is matched by its groups alone
        match = matcher.match(source, above[entry.target.nearest_group_id])
        if match.barred_by:
            effects[entry.pk] = ALL
        elif match.effective is not None and match.effective.capped_by:
            effects[entry.pk] = SOME
    return effects
