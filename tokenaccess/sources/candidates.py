"""What a user could put on the list of a project or group, found by a part of its path."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Q

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist.editing_rights import addable_targets
from tokenaccess.allowlist.find_entry import entries_of, inbound_entries
from tokenaccess.models import Direction
from tokenaccess.policy.actions import TargetKind

MAX_CANDIDATES = 20
MIN_SEARCH = 2
_READ = 50  # of each kind, before those come first that can be added


class Candidate(NamedTuple):
    kind: str
    path: str
    listed: bool
    can_add: bool


def find_candidates(
    holder: Project | Group, user: User, search: str, direction: str = Direction.INBOUND
) -> list[Candidate]:
    """At most MAX_CANDIDATES that `user` may see: those first that they can add, then those whose path begins with the
    words. None for fewer than MIN_SEARCH letters. Outbound: projects only. Seven statements at most."""
    words = search.strip().strip("/")
    if len(words) < MIN_SEARCH:
        return []
    groups = Group.objects.visible_to(user, Q(full_path__icontains=words)).groups_only()
    projects = Project.objects.visible_to(user, Q(full_path__icontains=words))
    paths = {TargetKind.GROUP: {}} if direction == Direction.OUTBOUND else {TargetKind.GROUP: _paths(groups)}
    paths[TargetKind.PROJECT] = _paths(projects.exclude(pk=holder.pk) if isinstance(holder, Project) else projects)
    addable = addable_targets(((str(kind), pk) for kind, named in paths.items() for pk in named), user)
    found = [
        Candidate(str(kind), path, pk in listed, (str(kind), pk) in addable)
        for kind, named in paths.items()
        for listed in [_ids_on_list(holder, kind, named, direction)]
        for pk, path in named.items()
    ]
    start = words.casefold()
    found.sort(
        key=lambda one: (one.listed or not one.can_add, not one.path.casefold().startswith(start), one.path.casefold())
    )
    return found[:MAX_CANDIDATES]


def _paths(rows: Any) -> dict[int, str]:
    return dict(rows.order_by("full_path").values_list("pk", "full_path")[:_READ])


def _ids_on_list(holder: Project | Group, kind: TargetKind, ids: Iterable[int], direction: str) -> set[int]:
    listed = inbound_entries(holder) if direction == Direction.INBOUND else entries_of(holder).outbound()
    entries = listed.filter(**{f"target_{kind}__in": list(ids)})
    return set(entries.values_list(f"target_{kind}_id", flat=True))
