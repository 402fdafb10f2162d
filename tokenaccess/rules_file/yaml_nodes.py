"""YAML as plain nodes with line numbers. No tags, anchors or types: what a word means is for who reads it to say.

Reads events instead of building values, so that neither depth nor aliases can make a small file large.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.utils.translation import gettext as _

from text.yaml_loader import LOADER
from tokenaccess.rules_file.errors import RulesFileError

MAX_BYTES = 262_144
MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Scalar:
    """`plain`: written without quotes, so that it may be a number, a boolean or nothing."""

    text: str
    line: int
    plain: bool = False

    @property
    def is_null(self) -> bool:
        return self.plain and self.text in {"", "~", "null"}


@dataclass(frozen=True, slots=True)
class Mapping:
    line: int
    values: dict[str, Node] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sequence:
    line: int
    items: list[Node] = field(default_factory=list)


Node = Scalar | Mapping | Sequence


def read_nodes(text: str) -> Node:
    """The one document of the text. Raises RulesFileError."""
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise RulesFileError(_("the file is larger than %(most)d KiB.") % {"most": MAX_BYTES // 1024})
    try:
        events = _contents(text)
        first = next(events, None)
        if first is None:
            raise RulesFileError(_("the file is empty."))
        node = _node(first, events, 0)
        extra = next(events, None)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = _("this is not valid YAML: %(problem)s.") % {"problem": error.problem}
        raise RulesFileError(message, mark.line + 1 if mark else 0) from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise RulesFileError(_("this is not valid YAML: it has characters that YAML does not allow.")) from error
    if extra is not None:
        raise RulesFileError(_("a file holds one document."), _line(extra))
    return node


def _contents(text: str) -> Iterator[Any]:
    around = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)
    return (event for event in yaml.parse(text, Loader=LOADER) if not isinstance(event, around))


def _node(event: Any, events: Iterator[Any], depth: int) -> Node:
    line = _line(event)
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise RulesFileError(_("anchors and aliases (& and *) are not supported."), line)
    if event.tag is not None and event.tag != "!":
        raise RulesFileError(_("tags (!) are not supported."), line)
    if isinstance(event, yaml.ScalarEvent):
        return Scalar(event.value, line, event.style in {None, ""})
    if depth >= MAX_DEPTH:
        raise RulesFileError(_("this is nested too deeply."), line)
    if isinstance(event, yaml.SequenceStartEvent):
        return _sequence(Sequence(line), events, depth)
    return _mapping(Mapping(line), events, depth)


def _sequence(found: Sequence, events: Iterator[Any], depth: int) -> Sequence:
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        found.items.append(_node(event, events, depth + 1))
    return found


def _mapping(found: Mapping, events: Iterator[Any], depth: int) -> Mapping:
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _node(event, events, depth + 1)
        if not isinstance(key, Scalar):
            raise RulesFileError(_("a key is a word."), key.line)
        if key.text in found.values:
            raise RulesFileError(_("%(key)s is there twice.") % {"key": key.text}, key.line)
        found.lines[key.text] = key.line
        found.values[key.text] = _node(next(events), events, depth + 1)
    return found


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
