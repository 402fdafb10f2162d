"""What is wrong with a file, in sentences a person can act on."""

from __future__ import annotations

from collections.abc import Sequence


class ConfigError(Exception):
    """`messages`: one sentence per mistake, in the order of the file."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("\n".join(messages))
        self.messages = list(messages)
