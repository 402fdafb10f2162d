"""What a user could put on a project's list, found by a part of its path while they type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Q

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist.editing_rights import addable_targets
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.actions import TargetKind

MAX_CANDIDATES = 20
MIN_SEARCH = 2
_READ = 50  # of each kind, before those come first that can be added


class Candidate(NamedTuple):
    kind: str
    path: str
    listed: bool
    can_add: bool


def find_candidates(project: Project, user: User, search: str) -> list[Candidate]:
    """At most MAX_CANDIDATES that `user` may see: those first that they can add, then those whose path begins with the
    words. None for fewer than MIN_SEARCH letters. Seven statements at most."""
    words = search.strip().strip("/")
    if len(words) < MIN_SEARCH:
        return []
    groups = Group.objects.visible_to(user, Q(full_path__icontains=words)).groups_only()
    projects = Project.objects.visible_to(user, Q(full_path__icontains=words)).exclude(pk=project.pk)
    paths = {kind: _paths(rows) for kind, rows in ((TargetKind.GROUP, groups), (TargetKind.PROJECT, projects))}
    addable = addable_targets(((str(kind), pk) for kind, named in paths.items() for pk in named), user)
    found = [
        Candidate(str(kind), path, pk in listed, (str(kind), pk) in addable)
        for kind, named in paths.items()
        for listed in [_ids_on_list(project, kind, named)]
        for pk, path in named.items()
    ]
    start = words.casefold()
    found.sort(
        key=lambda one: (one.listed or not one.can_add, not one.path.casefold().startswith(start), one.path.casefold())
    )
    return found[:MAX_CANDIDATES]


def _paths(rows: Any) -> dict[int, str]:
    return dict(rows.order_by("full_path").values_list("pk", "full_path")[:_READ])


def _ids_on_list(project: Project, kind: TargetKind, ids: Iterable[int]) -> set[int]:
    entries = AllowlistEntry.objects.inbound().filter(project=project, **{f"target_{kind}__in": list(ids)})
    return set(entries.values_list(f"target_{kind}_id", flat=True))
