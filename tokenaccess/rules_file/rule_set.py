"""The rules of a project by the ids of what they name, and what differs between two of them.

What a project has, what a file wants, and what a file made of it last are compared alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from tokenaccess.allowlist.targets import TargetKey
from tokenaccess.policy.actions import TargetKind
from tokenaccess.rules_file.document import LISTS, PUSHES, EntryRule, entry_to_data

Verb = Literal["add", "change", "remove"]
SETTINGS = ("mode", "outbound_limit", *(f"pushes.{name}" for name in PUSHES), "ceiling", "locked")


_LIST_NAMES = {"inbound": pgettext_lazy("list", "inbound"), "outbound": pgettext_lazy("list", "outbound")}


@dataclass(frozen=True, slots=True)
class RuleSet:
    """`settings`: of SETTINGS. `lists`: of LISTS → the entries by what they name. What is not in it is not compared."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    lists: Mapping[str, Mapping[TargetKey, EntryRule]] = field(default_factory=dict)

    def to_data(self) -> dict[str, Any]:
        """As JSON, for keeping it and for its digest."""
        lists = {
            name: [{"id": pk, **entry_to_data(rule)} for (_kind, pk), rule in sorted(entries.items())]
            for name, entries in self.lists.items()
        }
        return {"settings": dict(self.settings), "lists": lists}

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> RuleSet:
        lists = {name: dict(map(_entry_of_data, entries)) for name, entries in data["lists"].items()}
        return cls(data["settings"], lists)


def _entry_of_data(data: Mapping[str, Any]) -> tuple[TargetKey, EntryRule]:
    terms = dict(data)
    pk, permissions = terms.pop("id"), terms.pop("permissions", None)
    kind = TargetKind.GROUP if "group" in terms else TargetKind.PROJECT
    path = terms.pop(str(kind))
    return (str(kind), pk), EntryRule(kind, path, None if permissions is None else tuple(permissions), terms)


@dataclass(frozen=True, slots=True)
class Change:
    """`what`: a setting, or the list that an entry is on. Of an entry `key`, `before` and `after`; of a setting its
    values. `hidden`: names something that the reader may not see."""

    what: str
    verb: Verb
    before: Any = None
    after: Any = None
    key: TargetKey | None = None
    hidden: bool = False

    @property
    def rule(self) -> EntryRule | None:
        """The entry, as it is to be or was."""
        found = self.before if self.after is None else self.after
        return found if isinstance(found, EntryRule) else None

    @property
    def name(self) -> str:
        """Of the setting, or the path that the entry names."""
        return self.what if self.rule is None else self.rule.path

    @property
    def words(self) -> str:
        if self.rule is None:
            return _from_to(self.what, _value(self.before), _value(self.after))
        name = _("something that you cannot see") if self.hidden else _kind_and_path(self.rule)
        list_name = _LIST_NAMES.get(self.what, self.what)
        names = {"name": name, "list": list_name, "after": _terms(self.after)}
        match self.verb:
            case "add":
                return _("%(name)s is added to the %(list)s list: %(after)s") % names
            case "remove":
                return _("%(name)s is removed from the %(list)s list") % names
        differences = "; ".join(_from_to(*one) for one in _differences(self.before, self.after))
        return _("%(name)s on the %(list)s list: %(differences)s") % {**names, "differences": differences}

    def to_data(self) -> dict[str, Any]:
        entry = self.rule
        return {
            "what": self.what,
            "verb": self.verb,
            "kind": None if entry is None else str(entry.kind),
            "path": None if entry is None or self.hidden else entry.path,
            "before": _plain(self.before, self.hidden),
            "after": _plain(self.after, self.hidden),
            "words": self.words,
        }


def _kind_and_path(rule: EntryRule) -> str:
    words = _("group %(path)s") if rule.kind == "group" else _("project %(path)s")
    return words % {"path": rule.path}


def compare(before: RuleSet, after: RuleSet) -> list[Change]:
    """What is different in what both have: settings first, then the lists with what goes, changes and comes."""
    both = (name for name in SETTINGS if name in before.settings and name in after.settings)
    changes = [
        Change(name, "change", before.settings[name], after.settings[name])
        for name in both
        if before.settings[name] != after.settings[name]
    ]
    for name in LISTS:
        if name in before.lists and name in after.lists:
            changes += _compare_lists(name, before.lists[name], after.lists[name])
    return changes


def _compare_lists(
    name: str, before: Mapping[TargetKey, EntryRule], after: Mapping[TargetKey, EntryRule]
) -> list[Change]:
    gone = [Change(name, "remove", rule, None, key) for key, rule in before.items() if key not in after]
    kept = [(key, rule, after[key]) for key, rule in before.items() if key in after]
    changed = [Change(name, "change", old, new, key) for key, old, new in kept if not _is_same(old, new)]
    new = [Change(name, "add", None, rule, key) for key, rule in after.items() if key not in before]
    return gone + changed + new


def _is_same(one: EntryRule, other: EntryRule) -> bool:
    """Whatever the name: a project that was renamed is the same."""
    return one.permissions == other.permissions and _comparable(one.terms) == _comparable(other.terms)


def _comparable(terms: Mapping[str, Any]) -> dict[str, Any]:
    """The case of a username does not matter."""
    return {name: value.lower() if name == "owner" else value for name, value in terms.items()}


def _plain(value: Any, hidden: bool) -> Any:
    if not isinstance(value, EntryRule):
        return value
    data = entry_to_data(value)
    return {key: one for key, one in data.items() if not (hidden and key in {"project", "group"})}


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _term(value: Any) -> str:
    """“branches main, release/*, protected_refs”."""
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(name if one is True else f"{name} {' '.join(one)}" for name, one in value.items())


def _terms(rule: EntryRule | None) -> str:
    """“read_jobs, read_packages; reason: nightly build”."""
    if rule is None:
        return ""
    return "; ".join([_permission_words(rule), *(f"{name}: {_term(value)}" for name, value in rule.terms.items())])


def _permission_words(rule: EntryRule) -> str:
    granted = _("the permissions of the user's role") if rule.permissions is None else ", ".join(rule.permissions)
    return granted or _("no permissions")


def _differences(before: EntryRule, after: EntryRule) -> Iterator[tuple[str, str, str]]:
    """What is not the same in the two, with its name in the file."""
    if before.permissions != after.permissions:
        yield "permissions", _permission_words(before), _permission_words(after)
    old, new = _comparable(before.terms), _comparable(after.terms)
    for name in dict.fromkeys([*before.terms, *after.terms]):
        if old.get(name) != new.get(name):
            yield name, _term(before.terms.get(name, _("none"))), _term(after.terms.get(name, _("none")))


def _from_to(name: str, before: str, after: str) -> str:
    return _("%(setting)s: %(before)s → %(after)s") % {"setting": name, "before": before, "after": after}
