"""A rules file as a document. Strict: what a file says is understood or refused, with the line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext as _

from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.levels import INBOUND_MODE_NAMES
from tokenaccess.policy.permissions import PERMISSION_NAMES, sort_permissions
from tokenaccess.rules_file.document import LISTS, PUSHES, VERSION, EntryRule, RulesDocument
from tokenaccess.rules_file.errors import RulesFileError
from tokenaccess.rules_file.terms import TERMS
from tokenaccess.rules_file.yaml_nodes import Mapping, Node, Scalar, Sequence, read_nodes

KEYS = ("version", "project", "mode", "outbound_limit", "pushes", *LISTS)
GROUP_KEYS = ("version", "group", "mode", "ceiling", "locked", "inbound")
MAX_ENTRIES = 2000  # in one list of a file
MAX_PATH_LENGTH = 1024
MAX_SHOWN = 60  # characters of a word that is unknown


def read_document(text: str) -> RulesDocument:
    """Raises RulesFileError."""
    node = read_nodes(text)
    of_group = isinstance(node, Mapping) and "group" in node.values
    kind = TargetKind.GROUP if of_group else TargetKind.PROJECT
    top = _mapping(node, GROUP_KEYS if of_group else KEYS)
    for name in ("version", str(kind)):
        if name not in top.values:
            raise RulesFileError(_("%(name)s is missing.") % {"name": name}, top.line)
    version = top.values["version"]
    if not isinstance(version, Scalar) or version.text != str(VERSION):
        raise RulesFileError(_("version must be %(version)s.") % {"version": VERSION}, version.line)
    return RulesDocument(
        path=_path(top.values[str(kind)]),
        kind=kind,
        mode=_optional(top, "mode", _mode),
        outbound_limit=_optional(top, "outbound_limit", _boolean),
        pushes=_optional(top, "pushes", _pushes) or {},
        ceiling=_optional(top, "ceiling", _boolean),
        locked=_optional(top, "locked", _boolean),
        inbound=_optional(top, "inbound", _inbound),
        outbound=_optional(top, "outbound", _outbound),
    )


def _optional(found: Mapping, name: str, read: Callable[[Node], Any]) -> Any:
    """None for a key that is not there."""
    return read(found.values[name]) if name in found.values else None


def _mapping(node: Node, keys: Iterable[str]) -> Mapping:
    if not isinstance(node, Mapping):
        raise RulesFileError(_("this must be a mapping (key: value)."), node.line)
    for key, line in node.lines.items():
        if key not in keys:
            raise RulesFileError(_unknown_key(key, keys), line)
    return node


def _mode(node: Node) -> str:
    if isinstance(node, Scalar) and node.text in INBOUND_MODE_NAMES:
        return node.text
    known = ", ".join(INBOUND_MODE_NAMES)
    raise RulesFileError(_("mode must be one of: %(known)s.") % {"known": known}, node.line)


def _boolean(node: Node) -> bool:
    if isinstance(node, Scalar) and node.plain and node.text in {"true", "false"}:
        return node.text == "true"
    raise RulesFileError(_("this must be true or false."), node.line)


def _path(node: Node) -> str:
    text = node.text.strip().strip("/") if isinstance(node, Scalar) and not node.is_null else ""
    if not text or len(text) > MAX_PATH_LENGTH or any(ord(letter) < 32 for letter in text):
        raise RulesFileError(_("this must be the full path of a project or group."), node.line)
    return text


def _pushes(node: Node) -> dict[str, bool]:
    return {name: _boolean(value) for name, value in _mapping(node, PUSHES).values.items()}


def _inbound(node: Node) -> tuple[EntryRule, ...]:
    return _entries(node, (TargetKind.PROJECT, TargetKind.GROUP), ("permissions", *TERMS))


def _outbound(node: Node) -> tuple[EntryRule, ...]:
    return _entries(node, (TargetKind.PROJECT,), tuple(name for name, term in TERMS.items() if term.outbound))


def _entries(node: Node, kinds: tuple[TargetKind, ...], keys: tuple[str, ...]) -> tuple[EntryRule, ...]:
    if isinstance(node, Scalar) and node.is_null:
        raise RulesFileError(_("this must be a list of entries; [] for none."), node.line)
    if not isinstance(node, Sequence):
        raise RulesFileError(_("this must be a list of entries."), node.line)
    if len(node.items) > MAX_ENTRIES:
        raise RulesFileError(_("a list has %(most)d entries at most.") % {"most": MAX_ENTRIES}, node.line)
    rules = tuple(_entry(item, kinds, keys) for item in node.items)
    seen: dict[tuple[str, str], int] = {}
    for rule in rules:
        if rule.key in seen:
            message = _("%(path)s is listed in line %(line)d already.")
            raise RulesFileError(message % {"path": rule.path, "line": seen[rule.key]}, rule.line)
        seen[rule.key] = rule.line
    return rules


def _entry(node: Node, kinds: tuple[TargetKind, ...], keys: tuple[str, ...]) -> EntryRule:
    found = _mapping(node, (*map(str, kinds), *keys))
    named = [kind for kind in kinds if str(kind) in found.values]
    if len(named) != 1:
        message = _("an entry names one project or group.") if len(kinds) > 1 else _("an entry names one project.")
        raise RulesFileError(message, found.line)
    terms = {name: term.read(found.values[name]) for name, term in TERMS.items() if name in found.values}
    return EntryRule(
        named[0],
        _path(found.values[str(named[0])]),
        _optional(found, "permissions", _permissions),
        {name: value for name, value in terms.items() if value is not None},
        found.line,
    )


def _permissions(node: Node) -> tuple[str, ...] | None:
    """`default` for those of the user's role."""
    if isinstance(node, Scalar) and node.text == "default":
        return None
    if not isinstance(node, Sequence):
        raise RulesFileError(_("permissions are a list of names, or default."), node.line)
    for item in node.items:
        if not isinstance(item, Scalar) or item.text not in PERMISSION_NAMES:
            name = item.text if isinstance(item, Scalar) else "this"
            raise RulesFileError(_unknown_permission(name), item.line)
    names = {item.text for item in node.items if isinstance(item, Scalar)}
    return tuple(sort_permissions(names))


def _unknown_key(key: str, known: Iterable[str]) -> str:
    near = _nearest(key, known)
    sentence = _('unknown key "%(name)s"; did you mean %(near)s?') if near else _('unknown key "%(name)s".')
    return sentence % {"name": key[:MAX_SHOWN], "near": near}


def _unknown_permission(name: str) -> str:
    near = _nearest(name, PERMISSION_NAMES)
    sentence = (
        _('there is no permission "%(name)s"; did you mean %(near)s?')
        if near
        else _('there is no permission "%(name)s".')
    )
    return sentence % {"name": name[:MAX_SHOWN], "near": near}


def _nearest(text: str, known: Iterable[str]) -> str:
    return next(iter(get_close_matches(text, list(known), n=1)), "")
