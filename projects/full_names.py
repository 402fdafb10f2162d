"""`Acme / Backend / Library`: the names of all groups above, as GitLab writes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from projects.models import GroupAncestor


def full_names(group_ids: Iterable[int]) -> dict[int, str]:
    """Group id → the names from the top down to the group; one query, however many groups."""
    links = GroupAncestor.objects.filter(group__in=set(group_ids)).order_by("group_id", "-distance")
    parts: defaultdict[int, list[str]] = defaultdict(list)
    for group_id, name in links.values_list("group_id", "ancestor__name"):
        parts[group_id].append(name)
    return {group_id: " / ".join(names) for group_id, names in parts.items()}
