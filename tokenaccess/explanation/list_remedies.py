"""The one change of an inbound list that would admit a source, for any number of sources of one project or group.

Where the ceiling of a group above leaves a source out, an entry on a list below has no effect: so it goes on the list
of that group.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from identity.models import User, today
from projects.models import Group, Project
from tokenaccess.allowlist.editing_rights import addable_targets
from tokenaccess.allowlist.group_rules.inherited import AnyEntry, InboundMatcher, Match, inherited_entries
from tokenaccess.allowlist.group_rules.lack import Lack
from tokenaccess.allowlist.matcher import ancestor_ids
from tokenaccess.allowlist.targets import TargetKey, key_of, maintained_targets, visible_targets
from tokenaccess.explanation.remedy import Remedy
from tokenaccess.models import GroupAllowlistEntry, GroupRule
from tokenaccess.policy.facts import EntryState


class Case(NamedTuple):
    """A project, as `match` has it for the place whose list may be changed."""

    project_id: int
    group_id: int
    path: str
    match: Match
    lack: Lack


class _Plan(NamedTuple):
    """`owner`: whose list is changed. `listed`: what its entry names. `entry`: None for a new one."""

    owner: Project | Group
    listed: TargetKey
    lack: Lack
    entry: AnyEntry | None = None


def find_list_remedies(place: Project | Group, cases: Sequence[Case], reader: User) -> list[Remedy | None]:
    """In the order of `cases`, each for who may press it; None for anybody else, and where no single change helps.
    Twelve statements at most."""
    if not cases:
        return []
    lists = _Lists(place, cases)
    plans = [lists.plan(case) for case in cases]
    wanted = [plan for plan in plans if plan is not None]
    owners = maintained_targets({key_of(plan.owner) for plan in wanted}, reader)
    addable = addable_targets(visible_targets({plan.listed for plan in wanted}, reader), reader)
    allowed = [plan for plan in wanted if key_of(plan.owner) in owners and plan.listed in addable]
    paths = _paths(allowed, cases)
    return [_remedy(plan, paths[plan.listed], place) if plan in allowed else None for plan in plans]


class _Lists:
    """The lists of the groups above a place, with its own rule where it is a group. Three statements at most."""

    def __init__(self, place: Project | Group, cases: Iterable[Case]) -> None:
        self._place = place
        self._rules = list(GroupRule.objects.above(place.nearest_group_id).select_related("group"))
        self._groups = {rule.pk: rule.group for rule in self._rules}
        self._ceilings: dict[int, InboundMatcher] = {}  # the uppermost first
        if any(rule.has_ceiling for rule in self._rules):
            self._read_ceilings(cases)

    def plan(self, case: Case) -> _Plan | None:
        source: TargetKey = ("project", case.project_id)
        if case.lack is Lack.ENTRY:
            return self._addition(case, source)
        entry, owner = case.match.entry, self._place
        capped_by = 0 if case.match.effective is None else case.match.effective.capped_by
        if case.lack is Lack.PERMISSION and capped_by in self._ceilings:
            entry = self._ceiling_match(capped_by, case).entry
        if isinstance(entry, GroupAllowlistEntry):
            owner = self._groups[entry.group_id]
        if entry is None or self._is_locked(owner):
            return None
        return _Plan(owner, (str(entry.kind), entry.target_id), case.lack, entry)

    def _addition(self, case: Case, source: TargetKey) -> _Plan | None:
        """The uppermost group whose ceiling leaves the source out: an entry on its list is enough for those below."""
        for group_id in self._ceilings:
            match = self._ceiling_match(group_id, case)
            if not match.admits:
                group = self._groups[group_id]
                if self._is_locked(group):
                    return None
                lapsed = match.entry if _names(match.entry, group_id, case) else None
                return _Plan(group, source, Lack.LAPSED if lapsed else case.lack, lapsed)
        if case.match.entry is not None or self._is_locked(self._place):
            return None
        return _Plan(self._place, source, case.lack)

    def _is_locked(self, owner: Project | Group) -> bool:
        """By a group above it."""
        above = self._rules
        if isinstance(owner, Group) and owner.pk in self._groups:
            above = self._rules[list(self._groups).index(owner.pk) + 1 :]
        return any(rule.is_locked for rule in above)

    def _read_ceilings(self, cases: Iterable[Case]) -> None:
        entries = list(inherited_entries(self._place.nearest_group_id).select_related(None))
        self._ancestors = ancestor_ids(case.group_id for case in cases)
        for position, rule in reversed(list(enumerate(self._rules))):
            if rule.has_ceiling:
                rules = self._rules[position:]
                listed = {one.pk for one in rules}
                inherited = [entry for entry in entries if entry.group_id in listed]
                self._ceilings[rule.pk] = InboundMatcher(rule.group, inherited=inherited, rules=rules)

    def _ceiling_match(self, group_id: int, case: Case) -> Match:
        return self._ceilings[group_id].match(case.project_id, self._ancestors[case.group_id])


def _names(entry: AnyEntry | None, group_id: int, case: Case) -> bool:
    """Whether it is the group's own entry for that very project."""
    return (
        isinstance(entry, GroupAllowlistEntry)
        and entry.group_id == group_id
        and entry.target_project_id == case.project_id
    )


def _paths(plans: Iterable[_Plan], cases: Iterable[Case]) -> dict[TargetKey, str]:
    """Of what entries name. Two statements at most."""
    paths: dict[TargetKey, str] = {("project", case.project_id): case.path for case in cases}
    unknown = {plan.listed for plan in plans} - paths.keys()
    for model in (Project, Group):
        ids = [pk for kind, pk in unknown if kind == model.kind]
        if ids:
            rows = model.objects.filter(pk__in=ids).values_list("pk", "full_path")
            paths.update(((str(model.kind), pk), path) for pk, path in rows)
    return paths


def _remedy(plan: _Plan, path: str, place: Project | Group) -> Remedy:
    address = f"{plan.owner.kind}_token_access"
    if plan.entry is None:
        return add_remedy(f"{address}_add", plan.owner, path, is_elsewhere=plan.owner != place, permissions="default")
    if plan.lack is Lack.LAPSED:
        return revive_remedy(plan.entry, plan.owner, path)
    url = reverse(f"{address}_entry", args=[plan.owner.full_path, plan.entry.pk])
    if plan.lack is Lack.CONDITION:
        label = _("Change the conditions of %(path)s") % {"path": path}
    else:
        label = _("Change the permissions of %(path)s") % {"path": path}
    return Remedy(label, url, "pencil", word=_("Change"), names=path)


def add_remedy(address: str, owner: Project | Group, path: str, *, is_elsewhere: bool, **fields: str) -> Remedy:
    """`is_elsewhere`: the list is none of the page's project or group."""
    label = _("Add %(listed)s to the list of %(path)s") % {"listed": path, "path": owner.full_path}
    word = _("Add to %(path)s") % {"path": owner.full_path} if is_elsewhere else _("Add")
    return Remedy(label, reverse(address, args=[owner.full_path]), fields={"path": path, **fields}, word=word)


def revive_remedy(entry: AnyEntry, owner: Project | Group, path: str) -> Remedy:
    """Renew the entry that has expired, or restore the one that is suspended: none other steps in for it."""
    expired = entry.state_on(today()) is EntryState.EXPIRED
    url = reverse(
        f"{owner.kind}_token_access_{'renew' if expired else 'restore_entry'}", args=[owner.full_path, entry.pk]
    )
    words, word = (_("Renew %(path)s"), _("Renew")) if expired else (_("Restore %(path)s"), _("Restore"))
    return Remedy(words % {"path": path}, url, "history" if expired else "play", {"press": "1"}, word, path)
