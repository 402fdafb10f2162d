"""Replaces `$[[ … ]]` in the tree of a file.

The document is parsed before, and a value takes the place of a text in it: whatever a value holds, it stays one value.
What was put in is not searched for blocks again.
"""

from __future__ import annotations

import json
from typing import Any

from ci_config.document.scalars import as_text
from ci_config.document.tree import Reference, YamlList, YamlMap
from ci_config.errors import Location, Mark, Problems, quote
from ci_config.inputs.blocks import MATRIX, OPENING, Block, Scope, find_blocks
from ci_config.inputs.functions import BadBlock
from ci_config.inputs.values import to_tree
from ci_config.limits import MAX_DEPTH, MAX_INPUT_LENGTH, Budget


def interpolate(tree: YamlMap, scope: Scope, budget: Budget, problems: Problems) -> YamlMap:
    """The tree with all blocks replaced. Mistakes go to `problems`; their texts stay as written."""
    interpolator = Interpolator(scope, budget, problems)
    result = interpolator.replace(tree, tree.mark)
    if height(result, {}) > MAX_DEPTH:
        raise Location(tree.mark).error(
            f"with the values of inputs, maps and lists stand in each other deeper than {MAX_DEPTH} levels."
        )
    return result


class Interpolator:
    def __init__(self, scope: Scope, budget: Budget, problems: Problems) -> None:
        self.scope = scope
        self.budget = budget
        self.problems = problems
        self.done: dict[int, tuple[Any, Any]] = {}  # by identity; the first of the pair keeps the object alive

    def replace(self, value: Any, mark: Mark) -> Any:
        if isinstance(value, str):
            return self.replace_text(value, mark) if OPENING in value else value
        if isinstance(value, Reference):
            self.check_reference(value)
        if not isinstance(value, (YamlMap, YamlList)):
            return value
        if id(value) not in self.done:
            replaced = self.replace_map(value) if isinstance(value, YamlMap) else self.replace_list(value)
            self.done[id(value)] = (value, replaced)
        return self.done[id(value)][1]

    def replace_map(self, value: YamlMap) -> YamlMap:
        result, changed = YamlMap(value.mark), False
        for key, item in value.items():
            mark = value.marks[key]
            new_key, new_item = self.replace_key(key, mark), self.replace(item, mark)
            changed = changed or new_key != key or new_item is not item
            if new_key in result:
                self.problems.warn(Location(mark), f"{quote(new_key)} stands here a second time, and the last counts.")
            result.put(new_key, new_item, mark)
        return result if changed else value

    def replace_list(self, value: YamlList) -> YamlList:
        return value.with_items([self.replace(item, mark) for item, mark in zip(value, value.marks, strict=True)])

    def replace_key(self, key: str, mark: Mark) -> str:
        replaced = self.replace(key, mark)
        if isinstance(replaced, (list, dict)):
            self.problems.add(Location(mark).error(f"{quote(key)} stands for a list, which cannot be a name."))
            return key
        return as_text(replaced)

    def replace_text(self, text: str, mark: Mark) -> Any:
        replaced: Any = text
        with self.problems.collect_errors():
            replaced = self.put_values(text, mark)
        return replaced

    def put_values(self, text: str, mark: Mark) -> Any:
        blocks = [block for block in find_blocks(text) if block.context != MATRIX]
        if not blocks:
            return text
        if len(text) > MAX_INPUT_LENGTH:
            raise Location(mark).error(f"a text with `$[[ … ]]` is longer than {MAX_INPUT_LENGTH:,} characters.")
        if (blocks[0].start, blocks[0].end) == (0, len(text)):
            return to_tree(self.block_value(text, blocks[0], mark), mark)
        parts, position = [], 0
        for block in blocks:
            parts += [text[position : block.start], in_text(self.block_value(text, block, mark))]
            position = block.end
        return "".join([*parts, text[position:]])

    def block_value(self, text: str, block: Block, mark: Mark) -> Any:
        try:
            return self.scope.value(block, lambda value: self.budget.interpolate(value, mark))
        except BadBlock as error:
            raise Location(mark, keyword=text[block.start : block.end]).error(f"{error}.") from error

    def check_reference(self, reference: Reference) -> None:
        if any(OPENING in part for part in reference.path):
            self.problems.add(
                Location(reference.mark, keyword="!reference").error(
                    "`$[[ … ]]` is not replaced here; name the job and the keyword."
                )
            )


def in_text(value: Any) -> str:
    """A value within a longer text; lists as JSON."""
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    return as_text(value)


def height(value: Any, known: dict[int, int]) -> int:
    if not isinstance(value, (dict, list)):
        return 0
    if id(value) not in known:
        items = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + max((height(item, known) for item in items), default=0)
    return known[id(value)]
