"""Bodies and queries are written with words in braces; both who makes the world and the hooks fill them."""

from __future__ import annotations

import itertools
from typing import Any


class Words:
    """What stands for the words in braces: `{n}` a new number, others the next of a few."""

    def __init__(self, choices: dict[str, list[Any]], first: int = 1) -> None:
        self.choices, self.numbers = choices, itertools.count(first)

    def fill(self, value: Any) -> Any:
        match value:
            case dict():
                return {name: self.fill(one) for name, one in value.items()}
            case list():
                return [self.fill(one) for one in value]
            case str() if value[1:-1] in self.choices and value == f"{{{value[1:-1]}}}":
                return self._next(value[1:-1])
            case str():
                return value.replace("{n}", str(next(self.numbers)))
        return value

    def _next(self, word: str) -> Any:
        self.choices[word].append(self.choices[word].pop(0))
        return self.choices[word][-1]
