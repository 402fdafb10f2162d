"""What a rules file says. Sections that it leaves out (None) are none of its business, and stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.permissions import sort_permissions

VERSION = 1
# Key in the file → argument of services.set_job_pushes.
PUSHES = {"own_jobs": "allowed", "listed_projects": "cross_project", "start_pipelines": "start_pipelines"}
LISTS = ("inbound", "outbound")


@dataclass(frozen=True, slots=True)
class EntryRule:
    """An entry of an allowlist. `permissions` is None for the default ones. `line`: where the file has it."""

    kind: TargetKind
    path: str
    permissions: tuple[str, ...] | None = None
    terms: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    line: int = field(default=0, compare=False)

    @property
    def key(self) -> tuple[str, str]:
        """What a list may have once: kind and path in lower case."""
        return str(self.kind), self.path.lower()


@dataclass(frozen=True, slots=True)
class RulesDocument:
    """`path`: of the project, or of the group that sets rules for all projects below it. `pushes`: as PUSHES names
    them, those that the file names. `ceiling`, `locked`: of a group (docs/group-rules.md)."""

    path: str
    mode: str | None = None
    outbound_limit: bool | None = None
    pushes: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))
    inbound: tuple[EntryRule, ...] | None = None
    outbound: tuple[EntryRule, ...] | None = None
    kind: TargetKind = TargetKind.PROJECT
    ceiling: bool | None = None
    locked: bool | None = None


def entry_to_data(rule: EntryRule) -> dict[str, Any]:
    """An entry as a file has it: the one shape that every export of entries uses."""
    data: dict[str, Any] = {str(rule.kind): rule.path}
    if rule.permissions is not None:
        data["permissions"] = sort_permissions(rule.permissions)
    return {**data, **rule.terms}


def document_to_data(document: RulesDocument) -> dict[str, Any]:
    """The document as a file has it, in the order in which people read it."""
    data: dict[str, Any] = {"version": VERSION, str(document.kind): document.path}
    for name in ("mode", "outbound_limit", "ceiling", "locked"):
        if getattr(document, name) is not None:
            data[name] = getattr(document, name)
    if document.pushes:
        data["pushes"] = {name: document.pushes[name] for name in PUSHES if name in document.pushes}
    for name in LISTS:
        entries = getattr(document, name)
        if entries is not None:
            data[name] = [entry_to_data(rule) for rule in entries]
    return data
