"""Where each line of the merged file came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from ci_config.document.tree import YamlList, YamlMap
from ci_config.errors import Mark
from text.yaml_loader import LOADER

MAX_CHARACTERS = 200_000  # reading a larger text once more takes too long
MAX_LINES = 5_000


class OriginLine(NamedTuple):
    """One line of the text. `mark`: None where it is not known."""

    text: str
    mark: Mark | None

    @property
    def place(self) -> str:
        """`12`, or `ci/base.yml:12` for an included file."""
        if self.mark is None:
            return ""
        return f"{self.mark.file}:{self.mark.line}" if self.mark.file else str(self.mark.line)


def origin_lines(text: str, tree: Mapping[str, Any]) -> list[OriginLine]:
    """The lines of `text`, which `merged_yaml` wrote of `tree`; none of a text that is too long."""
    lines = text.splitlines()
    if len(text) > MAX_CHARACTERS or len(lines) > MAX_LINES:
        return []
    known: dict[int, Mark] = {}
    _visit(yaml.compose(text, Loader=LOADER), tree, known)
    mark: Mark | None = None
    result = []
    for number, line in enumerate(lines):
        mark = known.get(number, mark)
        result.append(OriginLine(line, mark))
    return result


def _visit(node: Any, value: Any, known: dict[int, Mark]) -> None:
    """The first of what begins on a line counts: an item of a list, rather than its first key."""
    if isinstance(value, YamlMap) and isinstance(node, yaml.MappingNode):
        for (key, below), name in zip(node.value, value, strict=True):
            known.setdefault(key.start_mark.line, value.marks[name])
            _visit(below, value[name], known)
    elif isinstance(value, YamlList) and isinstance(node, yaml.SequenceNode):
        for below, item, mark in zip(node.value, value, value.marks, strict=True):
            known.setdefault(below.start_mark.line, mark)
            _visit(below, item, known)
