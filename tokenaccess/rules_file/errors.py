"""Errors of rules files."""

from __future__ import annotations


class RulesFileError(Exception):
    """`line` counts from 1; 0 where the error is in no line."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {message}" if line else message)
        self.message = message
        self.line = line


class StalePlanError(Exception):
    """The hash is not that of what the file would change now."""
