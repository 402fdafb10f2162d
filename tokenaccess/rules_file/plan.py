"""What applying a rules file would change, and the hash that names exactly that: of the file and of what there is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist.targets import TargetKey, key_of
from tokenaccess.errors import TokenAccessError
from tokenaccess.policy.actions import TargetKind
from tokenaccess.rules_file.document import LISTS, RulesDocument, document_to_data
from tokenaccess.rules_file.errors import RulesFileError
from tokenaccess.rules_file.rule_set import Change, RuleSet, compare
from tokenaccess.rules_file.state import RulesState, read_state

_SALT = "tokenaccess.rules_file.plan"
Name = tuple[str, str]  # kind, and path in lower case


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that the service which would make it refuses, and why."""

    change: Change
    error: TokenAccessError


@dataclass(frozen=True, slots=True)
class Plan:
    """`targets`: what the changes name. `hidden`: entries that the reader cannot see, and that stay. `refusals`: of a
    plan that was tried (rules_file.apply); to apply it is refused as a whole if there are any."""

    state: RulesState
    document: RulesDocument
    wanted: RuleSet
    changes: list[Change]
    targets: Mapping[TargetKey, Project | Group]
    hidden: int
    refusals: tuple[Refusal, ...] = ()

    @property
    def holder(self) -> Project | Group:
        """Whose rules they are."""
        return self.state.holder

    @property
    def hash(self) -> str:
        """Keyed, since it covers what the reader may not see."""
        data = [self.holder.pk, self.state.rules.to_data(), document_to_data(self.document)]
        text = json.dumps(data, sort_keys=True, default=str)
        return salted_hmac(_SALT, text, algorithm="sha256").hexdigest()

    @property
    def refusal_names(self) -> list[str]:
        """What the refusals are about: settings, and the paths that entries name."""
        return list(dict.fromkeys(refusal.change.name for refusal in self.refusals))

    def count(self, verb: str) -> int:
        return sum(change.verb == verb for change in self.changes)


def make_plan(holder: Project | Group, document: RulesDocument, reader: User | None) -> Plan:
    """Ten statements at most. Raises as `_find_targets`. What the reader cannot see of the lists stays as it is."""
    found = _find_targets(holder, document, reader)
    state = read_state(holder, reader)
    lists = {
        name: {
            **{key: rule for key, rule in state.rules.lists[name].items() if key in state.hidden},
            **{found[rule.key]: rule for rule in entries},
        }
        for name in LISTS
        if name in state.rules.lists and (entries := getattr(document, name)) is not None
    }
    wanted = RuleSet(_settings(document), lists)
    changes = compare(state.rules, wanted)
    targets = _load(change.key for change in changes if change.key is not None)
    return Plan(state, document, wanted, changes, targets, sum(state.hidden_in(name) for name in lists))


def _settings(document: RulesDocument) -> dict[str, object]:
    named = {name: getattr(document, name) for name in ("mode", "outbound_limit", "ceiling", "locked")}
    pushes = {f"pushes.{name}": value for name, value in document.pushes.items()}
    return {**{name: value for name, value in named.items() if value is not None}, **pushes}


def _find_targets(holder: Project | Group, document: RulesDocument, reader: User | None) -> dict[Name, TargetKey]:
    """What the rules name. Raises RulesFileError for a file about another project, or that names what the reader cannot
    see: hidden and absent are one error after the same work. Two statements."""
    if document.kind is not holder.kind or document.path.lower() != holder.full_path.lower():
        raise RulesFileError(_("the file is about %(path)s.") % {"path": document.path})
    rules = [rule for name in LISTS for rule in getattr(document, name) or ()]
    found: dict[Name, TargetKey] = {}
    for kind in (TargetKind.PROJECT, TargetKind.GROUP):
        paths = {rule.path.lower() for rule in rules if rule.kind is kind}
        found |= {(str(kind), path): (str(kind), pk) for path, pk in _ids(kind, paths, reader)}
    for rule in rules:
        if rule.key not in found:
            is_group = rule.kind is TargetKind.GROUP
            message = (
                _("there is no group %(path)s that you can see.")
                if is_group
                else _("there is no project %(path)s that you can see.")
            )
            raise RulesFileError(message % {"path": rule.path}, rule.line)
        if found[rule.key] == ("project", holder.pk) and document.kind is TargetKind.PROJECT:
            raise RulesFileError(_("a project is always on its own lists."), rule.line)
    return found


def _ids(kind: TargetKind, paths: set[str], reader: User | None) -> Iterable[tuple[str, int]]:
    """Path in lower case and id. One statement."""
    rows = Project.objects.alive() if kind is TargetKind.PROJECT else Group.objects.alive().filter(person=None)
    rows = rows.alias(lower_path=Lower("full_path"))
    named = Q(lower_path__in=paths)
    rows = rows.filter(named) if reader is None else rows.visible_to(reader, named)
    return [(path.lower(), pk) for path, pk in rows.values_list("full_path", "pk")]


def _load(keys: Iterable[TargetKey]) -> dict[TargetKey, Project | Group]:
    """Two statements at most."""
    named = set(keys)
    projects = Project.objects.filter(pk__in=[pk for kind, pk in named if kind == "project"])
    groups = Group.objects.filter(pk__in=[pk for kind, pk in named if kind == "group"])
    return {key_of(row): row for rows in (projects, groups) for row in rows}
