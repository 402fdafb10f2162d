"""The properties of a question's subject, action and resource. The standard demands that unknown ones are ignored: the
answer names them. A known one with a wrong value is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from api.input.faults import WORDED
from api.input.fields import Choice, Level, Text
from api.input.parameters import MAX_SHOWN, Parameters
from projects.repository import is_branch_name, parse_ref
from tokenaccess.explanation.details import KINDS, Details, Properties
from tokenaccess.explanation.ref_details import REF, REF_TYPES
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role

MAX_NAME = 1024
MAX_LISTED = 20  # of ignored properties
TOUCHING = ("action", "resource")  # whose properties say what would be touched; either may


class Name(Text):
    """Text that the JSON has as text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Word(Choice):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class WordIfGiven(Word):
    refuse_blank = True


class RoleIfGiven(Level):
    refuse_blank = True


class Flag(serializers.BooleanField):
    """True or false, in no other words."""

    refuse_blank = True

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class RefName(Name):
    """A short name, or one that begins with refs/heads/ or refs/tags/."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not is_branch_name(parse_ref(text)[0]):
            self.fail("invalid")
        return text


class KnownProperties(Parameters):
    """Read as `{"known": {…}, "unknown": [names]}`."""

    lists_choices = True

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        known = super().to_internal_value(data)
        return {"known": known, "unknown": [name for name in data if name not in self.fields]}

    def _unsupported_in(self, data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        return iter(())


class SubjectProperties(KnownProperties):
    """`role`: what if the person had it in the resource? Answered to maintainers of the resource only."""

    role = RoleIfGiven(Role, required=False)


class TouchProperties(KnownProperties):
    """What the action would touch: a branch or tag, or a package. It counts for the actions that depend on it."""

    ref = RefName(refuse_blank=True, max_length=MAX_NAME)
    ref_type = WordIfGiven(REF_TYPES)

    def get_fields(self) -> dict[str, Any]:
        """With those that other apps add."""
        others = {name: words for kind in KINDS if kind is not REF for name, words in kind.fields.items()}
        added = {name: WordIfGiven(words) if words else _text() for name, words in others.items()}
        return {**super().get_fields(), **added}


def _text() -> Name:
    return Name(refuse_blank=True, max_length=MAX_NAME)


class ActionProperties(TouchProperties):
    """`force`: a push that overwrites commits, or moves a tag."""

    force = Flag(required=False)


class ResourceProperties(TouchProperties):
    pass


def read_properties(values: Mapping[str, Any], action: Action | None) -> Properties:
    """`values`: a question as it was read; `action`: None for a search of actions. Raises ValidationError for details
    that contradict each other, or that lack another."""
    details: dict[str, Any] = {}
    for entity in TOUCHING:
        for name, value in _known_of(values, entity).items():
            if details.setdefault(name, value) != value:
                raise _fault(entity, name, "contradicts that of the action")
    _check_complete(values, details)
    _split_ref(values, details)
    return Properties(_known_of(values, "subject").get("role"), details, _list_ignored(values, action, details))


def _properties_of(values: Mapping[str, Any], entity: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (values.get(entity) or {}).get("properties") or {}
    return found


def _known_of(values: Mapping[str, Any], entity: str) -> Mapping[str, Any]:
    known: Mapping[str, Any] = _properties_of(values, entity).get("known", {})
    return known


def _check_complete(values: Mapping[str, Any], details: Details) -> None:
    for kind in KINDS:
        missing = next((name for name in kind.required if name not in details), None)
        lacking = next((name for name in kind.fields if name in details), None)
        if missing and lacking:
            raise _fault(_where(values, lacking), missing, "is missing")


def _split_ref(values: Mapping[str, Any], details: dict[str, Any]) -> None:
    """`refs/tags/v1` is the tag v1."""
    if "ref" not in details:
        return
    details["ref"], is_tag = parse_ref(details["ref"])
    kind = "tag" if is_tag else "branch"
    if is_tag is not None and details.setdefault("ref_type", kind) != kind:
        raise _fault(_where(values, "ref_type"), "ref_type", "contradicts ref")


def _where(values: Mapping[str, Any], name: str) -> str:
    return next(entity for entity in TOUCHING if name in _known_of(values, entity))


def _fault(entity: str, name: str, words: str) -> ValidationError:
    return ValidationError({entity: {"properties": {name: [ErrorDetail(words, WORDED)]}}})


def _list_ignored(values: Mapping[str, Any], action: Action | None, details: Details) -> tuple[str, ...]:
    """As `resource.owner`: what is unknown, and the details that the action does not depend on."""
    entities = ("subject", *TOUCHING)
    names = [f"{entity}.{name}" for entity in entities for name in _properties_of(values, entity).get("unknown", ())]
    if action is not None:
        unread = [name for kind in KINDS for name in kind.fields if name not in kind.reads(action, details)]
        names += [f"{entity}.{name}" for entity in TOUCHING for name in unread if name in _known_of(values, entity)]
    shown = [name[:MAX_SHOWN].encode(errors="replace").decode() for name in names[:MAX_LISTED]]
    return tuple(shown if len(names) <= MAX_LISTED else [*shown, f"and {len(names) - MAX_LISTED} more"])
