"""Parses dotenv reports: `KEY=VALUE` lines that become variables of dependent jobs (runner.md §3.4)."""

from __future__ import annotations

from collections.abc import Iterable

from jobs.variables.keys import is_variable_key

MAX_SIZE = 5 * 1024
MAX_VARIABLES = 20


class InvalidDotenv(Exception):
    """The text tells the author of the job what is wrong."""


def parse_variables(files: Iterable[bytes]) -> list[dict[str, str]]:
    """Parse the files into `[{"key", "value"}]`; of equal keys the last counts. Raises InvalidDotenv."""
    values: dict[str, str] = {}
    for data in files:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise InvalidDotenv("The dotenv report is not UTF-8 text") from None
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                key, value = _pair(line, number)
                values[key] = value
    if len(values) > MAX_VARIABLES:
        raise InvalidDotenv(f"The dotenv report has more than {MAX_VARIABLES} variables")
    return [{"key": key, "value": value} for key, value in values.items()]


def _pair(line: str, number: int) -> tuple[str, str]:
    key, equals, value = line.partition("=")
    key = key.strip()
    if not equals or not is_variable_key(key) or "\0" in value:
        raise InvalidDotenv(f"Line {number} of the dotenv report is not KEY=VALUE")
    return key, value.strip()
