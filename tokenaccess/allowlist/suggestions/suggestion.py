"""What the authentication log suggests to list: the tightest cover of the sources that no entry covers, with what each
entry would open beyond what was used."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Count
from django.utils.crypto import salted_hmac

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist.editing_rights import addable_targets
from tokenaccess.allowlist.matcher import ancestor_ids
from tokenaccess.allowlist.suggestions.cover import tightest_cover
from tokenaccess.allowlist.suggestions.group_collapse import (
    TOO_MANY,
    CannotCollapse,
    CollapsedTarget,
    collapse_into_groups,
)
from tokenaccess.allowlist.targets import key_of, visible_targets
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, InstanceSettings
from tokenaccess.policy.permissions import covers, sort_permissions

MAX_SOURCES = 2000  # for the tightest cover; of more, the nearest common groups
_SALT = "tokenaccess.allowlist.suggestion"


@dataclass(slots=True)
class SuggestedEntry:
    """`sources`: how many of its projects used access; `opens`: how many it would open. `used`: the permissions, and
    actions that take none. `permissions`: None for the default ones. `can_add`: the reader may add it."""

    target: Project | Group
    sources: int
    opens: int
    used: list[str]
    permissions: list[str] | None = None
    can_add: bool = True
    visible: bool = True

    @property
    def path(self) -> str:
        return self.target.full_path if self.visible else ""

    @property
    def kind(self) -> str:
        return str(self.target.kind)

    @property
    def url(self) -> str:
        return f"/groups/{self.target.full_path}" if self.kind == "group" else f"/{self.target.full_path}"

    @property
    def beyond(self) -> int:
        """Projects that it would open and that did not use it."""
        return self.opens - self.sources

    @property
    def lost(self) -> list[str]:
        """What was used and would be refused, because no permission, or none of these, grants it."""
        if self.permissions is None:
            return []
        held = frozenset(self.permissions)
        return [name for name in self.used if not covers(held, name)]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`size`: at most so many entries; `max_size`: as many as fit. `replaces`: the ids of former auto-added entries.
    `logged`: how many projects are in the log, on the list or not."""

    project: Project
    size: int
    max_size: int
    narrow: bool
    entries: list[SuggestedEntry] = field(default_factory=list)
    replaces: list[int] = field(default_factory=list)
    logged: int = 0

    @property
    def sources(self) -> int:
        return sum(entry.sources for entry in self.entries)

    @property
    def opens(self) -> int:
        return sum(entry.opens for entry in self.entries)

    @property
    def beyond(self) -> int:
        return self.opens - self.sources

    @property
    def not_addable(self) -> int:
        return sum(not entry.can_add for entry in self.entries)

    @property
    def hash(self) -> str:
        """Keyed, since it covers what the reader may not see. Of everything that people are shown of it."""
        rows = [[one.kind, one.target.pk, one.permissions, one.opens, one.sources, one.lost] for one in self.entries]
        text = json.dumps([self.project.pk, self.narrow, sorted(self.replaces), rows])
        return salted_hmac(_SALT, text, algorithm="sha256").hexdigest()


def suggest_entries(
    project: Project, reader: User | None, *, size: int | None = None, narrow: bool = False
) -> Suggestion:
    """At most `size` entries (None: as many as fit). `narrow`: with the permissions that were used only.
    Sixteen statements at most. Raises TokenAccessError if it does not fit."""
    entries = AllowlistEntry.objects.inbound().filter(project=project)
    kept = entries.filter(autopopulated=False)
    max_size = max(InstanceSettings.current().allowlist_limit - kept.count(), 0)
    most = max_size if size is None else min(size, max_size)
    listed = set(kept.projects().values_list("target_project_id", flat=True))
    listed_groups = set(kept.groups().values_list("target_group_id", flat=True))
    logged = AuthorizationRecord.objects.filter(accessed_project=project, origin_project__pending_deletion=False)
    rows = list(logged.values_list("origin_project_id", "origin_project__group_id", "used").order_by("origin_project"))
    above = ancestor_ids(group for _, group, _ in rows)
    wanted = {
        origin: above[group]
        for origin, group, _ in rows
        if origin not in listed and not listed_groups.intersection(above[group])
    }
    found = Suggestion(project, most, max_size, narrow, logged=len(rows))
    used = {origin: set(names) for origin, _, names in rows}
    found.entries.extend(_entries(project, _cover(project, wanted, most), wanted, used))
    found.replaces.extend(entries.filter(autopopulated=True).values_list("pk", flat=True))
    for entry in found.entries:
        entry.permissions = sort_permissions(entry.used) if narrow else None
    _judge(found, reader)
    return found


def _cover(project: Project, wanted: dict[int, tuple[int, ...]], most: int) -> list[CollapsedTarget]:
    groups = {group for above in wanted.values() for group in above}
    # A user's own namespace cannot be listed as a group.
    personal = set(Group.objects.exclude(person=None).filter(pk__in=groups).values_list("pk", flat=True))
    shared = {origin: tuple(group for group in above if group not in personal) for origin, above in wanted.items()}
    try:
        if len(shared) > MAX_SOURCES:
            return collapse_into_groups(shared, most)
        return tightest_cover(shared, _sizes(project, groups), most)
    except CannotCollapse:
        raise TokenAccessError(TOO_MANY, ErrorCode.TOO_MANY) from None


def _sizes(project: Project, groups: set[int]) -> dict[int, int]:
    """Group → how many other projects are below it. One statement."""
    above = "group__ancestor_links__ancestor"
    inside = Project.objects.alive().exclude(pk=project.pk).filter(**{f"{above}__in": groups}).order_by()
    return dict(inside.values(above).annotate(count=Count("pk")).values_list(above, "count"))


def _entries(
    project: Project, places: list[CollapsedTarget], wanted: dict[int, tuple[int, ...]], used: dict[int, set[str]]
) -> list[SuggestedEntry]:
    projects = Project.objects.select_related("group").in_bulk([place.id for place in places if not place.is_group])
    groups = Group.objects.in_bulk([place.id for place in places if place.is_group])
    sizes = _sizes(project, set(groups))
    inside: defaultdict[int, list[int]] = defaultdict(list)
    for origin, above in wanted.items():
        for group in groups.keys() & set(above):
            inside[group].append(origin)
    found = []
    for place in places:
        target: Project | Group = groups[place.id] if place.is_group else projects[place.id]
        sources = inside[place.id] if place.is_group else [place.id]
        names = sorted(set().union(*(used[origin] for origin in sources)))
        found.append(SuggestedEntry(target, len(sources), sizes[place.id] if place.is_group else 1, names))
    return sorted(found, key=lambda entry: (entry.kind, entry.target.full_path))


def _judge(found: Suggestion, reader: User | None) -> None:
    """Which of them the reader may see, and may add. Five statements at most."""
    if reader is None:
        return
    keys = [key_of(entry.target) for entry in found.entries]
    seen = visible_targets(keys, reader)
    addable = addable_targets(seen, reader)
    for entry, key in zip(found.entries, keys, strict=True):
        entry.visible, entry.can_add = key in seen, key in addable
