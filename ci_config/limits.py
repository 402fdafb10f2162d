"""Limits on the size of CI files. None is lower than that of GitLab."""

from __future__ import annotations

from typing import Any

from ci_config.errors import Abort, Location, Mark

MAX_FILE_CHARACTERS = 1_000_000
MAX_DEPTH = 50  # of maps and lists within each other
MAX_INCLUDES = 150
MAX_EXTENDS_DEPTH = 10
MAX_REFERENCE_DEPTH = 10
MAX_LIST_DEPTH = 10  # of lists within lists, in scripts and rules
MAX_JOBS = 2_000
MAX_PARALLEL = 200
MAX_NEEDS = 50
MAX_NEEDS_ELSEWHERE = 5  # of other projects, and as many of other pipelines
MAX_PATTERNS = 50  # in one `changes` or `exists`
MAX_NAME_LENGTH = 255
MAX_INPUTS = 200  # of one file
MAX_PIPELINE_INPUTS = 20  # given with one pipeline
MAX_INPUT_OPTIONS = 50
MAX_INPUT_LENGTH = 1_000_000  # of a value, and of a text that holds `$[[ … ]]`
MAX_INTERPOLATED_CHARACTERS = 10_000_000  # that inputs put into all files together
CHARACTERS_PER_BLOCK = 200  # what replacing one `$[[ … ]]` counts as, however short it is
MAX_EXPRESSION_LENGTH = 10_000
MAX_PARENTHESES = 50
MAX_ENTRIES = 300_000  # entries after anchors, merges, extends, references and inheritance, about 64 characters each
MAX_SCANNED_CHARACTERS = 400_000_000  # characters of file names compared with patterns
CHARACTERS_PER_ENTRY = 64


class Budget:
    """Limits the total expansion and scanning of one compilation, so that nested anchors cannot exhaust the server."""

    def __init__(self) -> None:
        self.entries = MAX_ENTRIES
        self.characters = MAX_SCANNED_CHARACTERS
        self.interpolated = MAX_INTERPOLATED_CHARACTERS
        self.weights: dict[int, tuple[Any, int]] = {}  # by identity; the value is stored to keep the object alive

    def charge(self, value: Any, mark: Mark) -> None:
        """Count a value that is used at one more location."""
        self.spend(self.weigh(value), mark)

    def weigh(self, value: Any) -> int:
        if isinstance(value, str):
            return text_weight(value)
        if not isinstance(value, (dict, list)):
            return 1
        if id(value) not in self.weights:
            items = value.values() if isinstance(value, dict) else value
            self.weights[id(value)] = (value, 1 + sum(self.weigh(item) for item in items))
        return self.weights[id(value)][1]

    def spend(self, entries: int, mark: Mark) -> None:
        self.entries -= entries
        if self.entries < 0:
            raise Abort(
                Location(mark).message(
                    "the file becomes too large when its anchors, `extends`, `!reference` and defaults are filled in; "
                    "repeat less."
                )
            )

    def interpolate(self, value: Any, mark: Mark) -> None:
        """Count a value that an input puts into the file."""
        entries = self.weigh(value)
        self.spend(entries, mark)
        self.interpolated -= CHARACTERS_PER_BLOCK + (
            len(value) if isinstance(value, str) else entries * CHARACTERS_PER_ENTRY
        )
        if self.interpolated < 0:
            raise Abort(
                Location(mark).message("inputs make the files too large; use fewer `$[[ … ]]`, or shorter values.")
            )

    def scan(self, characters: int, at: Location) -> None:
        self.characters -= characters
        if self.characters < 0:
            raise Abort(
                at.message("too many wildcard patterns for this many files; begin them with a folder, or use fewer.")
            )


def text_weight(text: str) -> int:
    return 1 + len(text) // CHARACTERS_PER_ENTRY
