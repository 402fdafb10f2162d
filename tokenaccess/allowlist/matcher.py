"""Which entry of an allowlist matches a project: its own, else that of its nearest group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Generic, TypeVar

from django.db.models import Q

from projects.models import Project
from projects.models.group import GroupAncestor
from tokenaccess.models import AllowlistEntry
from tokenaccess.models.list_entry import ListEntry

EntryT = TypeVar("EntryT", bound=ListEntry)


def ancestor_ids(groups: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Group id → ids of its ancestors and itself, outermost first. One statement."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    links = GroupAncestor.objects.filter(group__in=set(groups)).order_by("-distance")
    for group, ancestor in links.values_list("group_id", "ancestor_id"):
        found[group].append(ancestor)
    return {group: tuple(above) for group, above in found.items()}


def names(source: Project) -> Q:
    """Of entries: they name the project or a group above it."""
    above = GroupAncestor.objects.filter(group=source.group_id).values("ancestor")
    return Q(target_project=source) | Q(target_group__in=above)


class ListMatcher(Generic[EntryT]):
    """The entries of one list in memory, to match many projects."""

    def __init__(self, entries: Iterable[EntryT]) -> None:
        listed = list(entries)
        self._projects = {entry.target_project_id: entry for entry in listed if entry.target_project_id}
        self._groups = {entry.target_group_id: entry for entry in listed if entry.target_group_id}

    def entry_for(self, project_id: int, ancestors: Iterable[int]) -> EntryT | None:
        """`ancestors`: the groups above the project, outermost first (`ancestor_ids`)."""
        if project_id in self._projects:
            return self._projects[project_id]
        nearest = reversed(list(ancestors))
        return next((self._groups[group] for group in nearest if group in self._groups), None)

    def __iter__(self) -> Iterator[EntryT]:
        yield from self._projects.values()
        yield from self._groups.values()


class AllowlistMatcher(ListMatcher[AllowlistEntry]):
    """The project's own inbound allowlist, with the entries that admit nobody any more (with those of the groups above
    it: `inherited.InboundMatcher`); `source`: only to match that project; `named`: with what they name. One
    statement."""

    def __init__(
        self,
        project: Project,
        *,
        without: Collection[ListEntry] = (),
        source: Project | None = None,
        named: bool = False,
    ) -> None:
        entries = AllowlistEntry.objects.inbound().filter(project=project)
        if source is not None:
            entries = entries.filter(names(source))
        if without:
            entries = entries.exclude(pk__in=[entry.pk for entry in without])
        super().__init__(entries.select_related("target_project", "target_group") if named else entries)
