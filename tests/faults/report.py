"""What a program saw, said as it goes along."""

from __future__ import annotations

import sys


class Report:
    def __init__(self, name: str) -> None:
        self.name = name
        self.failed: list[str] = []

    def say(self, words: str) -> None:
        print(f"{self.name}: {words}", flush=True)

    def check(self, holds: bool, words: str) -> None:
        print(f"{self.name}: {'ok  ' if holds else 'FAIL'}  {words}", file=sys.stdout, flush=True)
        if not holds:
            self.failed.append(words)

    def check_log(self, log: str) -> None:
        """Of the server: whatever happens to it, it is to know what to say."""
        first = log.find("Traceback")
        self.check(first < 0, "no traceback in the log")
        if first >= 0:
            self.say(log[max(0, first - 500) : first + 3000])
