"""`$[[ inputs.name | function ]]`: finds such blocks in a text, and what each stands for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ci_config.errors import describe, quote, suggestion
from ci_config.inputs.functions import BadBlock, ExpandableVariables, apply_function

OPENING, CLOSING = "$[[", "]]"
MAX_BLOCK_LENGTH = 1024
MAX_FUNCTIONS = 3
MAX_KEYS = 5
MAX_INDEXES = 5
# Blocks that mean something later: in `needs: parallel: matrix`.
MATRIX = "matrix"
KEY = re.compile(r"(?P<name>[^\[\]]+)(?P<indexes>(?:\[\d{1,6}\])*)")


@dataclass(frozen=True, slots=True)
class Block:
    """A block at `text[start:end]`; `content` is what stands between its brackets."""

    start: int
    end: int
    content: str

    @property
    def context(self) -> str:
        """`inputs`, `component` or `matrix`."""
        return self.content.partition("|")[0].strip().partition(".")[0]


def find_blocks(text: str) -> Iterator[Block]:
    """The blocks in order. A block ends in the line where it begins, and holds at least two characters."""
    position = 0
    while (start := text.find(OPENING, position)) >= 0:
        line_end = text.find("\n", start)
        end = text.find(CLOSING, start, line_end if line_end >= 0 else len(text))
        if end < 0:
            if line_end < 0:
                return
            position = line_end  # no later block of this line ends in it either
            continue
        content = text[start + len(OPENING) : end].strip()
        if len(content) < 2:
            position = start + len(OPENING)
            continue
        position = end + len(CLOSING)
        yield Block(start, position, content)


@dataclass(frozen=True, slots=True)
class Scope:
    """What blocks of one file may name: `inputs`, and in a component what it asks to know of itself."""

    contexts: Mapping[str, Mapping[str, Any]]
    variables: ExpandableVariables = field(default_factory=ExpandableVariables)

    def value(self, block: Block, count: Callable[[Any], None] = lambda value: None) -> Any:
        """What the block stands for. `count` is called with each value before more is made of it. Raises BadBlock."""
        if len(block.content) > MAX_BLOCK_LENGTH:
            raise BadBlock(f"it is longer than {MAX_BLOCK_LENGTH} characters")
        path, *functions = [part.strip() for part in split_functions(block.content)]
        if len(functions) > MAX_FUNCTIONS:
            raise BadBlock(f"it has {len(functions)} functions; {MAX_FUNCTIONS} are allowed")
        value = self.look_up(path)
        count(value)
        for call in functions:
            value = apply_function(call, value, self.variables)
            count(value)
        return value

    def look_up(self, path: str) -> Any:
        context, *keys = path.split(".")
        if context not in self.contexts:
            raise BadBlock(f"{quote(path)} cannot be read; write inputs.NAME")
        if not keys or len(keys) >= MAX_KEYS:
            raise BadBlock(f"{quote(path)} cannot be read; write {context}.NAME")
        value: Any = self.contexts[context]
        for key in keys:
            value = follow_key(value, key, path)
        return value


def split_functions(content: str) -> list[str]:
    """The path and the calls between `|`; a `|` in quotes is part of a call."""
    return re.findall(r"(?:'[^']*'|[^|'])+", content) or [content]


def follow_key(value: Any, key: str, path: str) -> Any:
    match = KEY.fullmatch(key)
    if match is None:
        raise BadBlock(f"{quote(path)} cannot be read; an item of a list is inputs.NAME[0]")
    if not isinstance(value, Mapping) or match["name"] not in value:
        known = list(value) if isinstance(value, Mapping) else []
        raise BadBlock(f"there is no {quote(match['name'])} in {quote(path)}{suggestion(match['name'], known)}")
    value = value[match["name"]]
    indexes = [int(number) for number in re.findall(r"\d+", match["indexes"])]
    if len(indexes) > MAX_INDEXES:
        raise BadBlock(f"{quote(path)} goes deeper than {MAX_INDEXES} lists")
    for index in indexes:
        if not isinstance(value, list):
            raise BadBlock(f"{quote(path)} asks for an item of {describe(value)}, which is no list")
        if index >= len(value):
            raise BadBlock(f"{quote(path)} asks for item {index}, counted from 0, of a list of {len(value)}")
        value = value[index]
    return value
