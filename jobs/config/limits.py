"""How much one file may ask of us. Where the original has a limit, ours is the same or more."""

from __future__ import annotations

from typing import Any

from jobs.config.errors import Mark, Place, Stop

FILE_CHARACTERS = 1_000_000
DEPTH = 50  # of maps and lists within each other
INCLUDES = 150
EXTENDS_DEPTH = 10
REFERENCE_DEPTH = 10
LIST_DEPTH = 10  # of lists within lists, in scripts and rules
JOBS = 2_000
PARALLEL = 200
NEEDS = 50
PATTERNS = 50  # of one `changes` or `exists`
NAME = 255
EXPRESSION = 10_000
PARENTHESES = 50
EXPANDED = 300_000  # entries after anchors, merges, extends, references and inheritance, about 64 characters each
SCANNED = 400_000_000  # characters of file names compared with patterns
WEIGHT = 64


class Budget:
    """What the whole compilation may still expand and scan: an anchor within an anchor within an anchor … ends here."""

    def __init__(self) -> None:
        self.entries = EXPANDED
        self.characters = SCANNED
        self.weights: dict[int, tuple[Any, int]] = {}  # by identity; the value is kept, and its identity with it

    def charge(self, value: Any, mark: Mark) -> None:
        """For standing somewhere once more."""
        self.spend(self.weigh(value), mark)

    def weigh(self, value: Any) -> int:
        if isinstance(value, str):
            return weight(value)
        if not isinstance(value, (dict, list)):
            return 1
        if id(value) not in self.weights:
            items = value.values() if isinstance(value, dict) else value
            self.weights[id(value)] = (value, 1 + sum(self.weigh(item) for item in items))
        return self.weights[id(value)][1]

    def spend(self, entries: int, mark: Mark) -> None:
        self.entries -= entries
        if self.entries < 0:
            raise Stop(
                Place(mark).sentence(
                    "the file becomes too large when its anchors, `extends`, `!reference` and defaults are filled in; "
                    "repeat less."
                )
            )

    def scan(self, characters: int, at: Place) -> None:
        self.characters -= characters
        if self.characters < 0:
            raise Stop(
                at.sentence("too many wildcard patterns for this many files; begin them with a folder, or use fewer.")
            )


def weight(text: str) -> int:
    return 1 + len(text) // WEIGHT
