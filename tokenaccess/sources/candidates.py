"""What a user could put on a project's list, found by a part of its path while they type."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import Q

from identity.models import User
from projects.models import Group, Project
from tokenaccess.models import AllowlistEntry, InstanceSettings
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.levels import Role

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
    words. None for fewer than MIN_SEARCH letters. Seven statements."""
    words = search.strip().strip("/")
    if len(words) < MIN_SEARCH:
        return []
    needs_both = InstanceSettings.current().editor_needs_both
    groups = Group.objects.visible_to(user, Q(full_path__icontains=words)).groups_only()
    projects = Project.objects.visible_to(user, Q(full_path__icontains=words)).exclude(pk=project.pk)
    found = [
        *_candidates(project, TargetKind.GROUP, groups, user, needs_both=needs_both),
        *_candidates(project, TargetKind.PROJECT, projects, user, needs_both=needs_both),
    ]
    start = words.casefold()
    found.sort(
        key=lambda one: (one.listed or not one.can_add, not one.path.casefold().startswith(start), one.path.casefold())
    )
    return found[:MAX_CANDIDATES]


def _candidates(project: Project, kind: TargetKind, rows: Any, user: User, *, needs_both: bool) -> list[Candidate]:
    paths = dict(rows.order_by("full_path").values_list("pk", "full_path")[:_READ])
    entries = AllowlistEntry.objects.inbound().filter(project=project, **{f"target_{kind}__in": list(paths)})
    listed = set(entries.values_list(f"target_{kind}_id", flat=True))
    mine = rows.model.objects.with_min_role(user, Role.MAINTAINER).filter(pk__in=list(paths))
    addable = set(mine.values_list("pk", flat=True)) if needs_both else set(paths)
    return [Candidate(str(kind), path, pk in listed, pk in addable) for pk, path in paths.items()]
