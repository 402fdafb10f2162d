"""Kinds of request parameters. Values come as JSON or as form text; each kind takes either.

Optional unless `required=True`. A blank or null value is as good as none, except where `allow_blank` or `allow_null`
say that it empties something (api.input.parameters).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from enum import IntEnum
from math import isfinite
from typing import Any

from rest_framework import serializers

from text.numbers import MAX_BIGINT

MAX_TEXT = 65_536


class Text(serializers.CharField):
    """Any text, spaces and all; numbers too. `refuse_blank`: it may be left out, but not given empty."""

    null_empties = True

    def __init__(
        self, *, required: bool = False, max_length: int = MAX_TEXT, refuse_blank: bool = False, **options: Any
    ) -> None:
        self.refuse_blank = refuse_blank
        super().__init__(required=required, max_length=max_length, trim_whitespace=False, **options)


class Integer(serializers.IntegerField):
    """Fits the databases' bigint."""

    def __init__(self, *, required: bool = False, min_value: int = -MAX_BIGINT, **options: Any) -> None:
        super().__init__(required=required, **{"min_value": min_value, "max_value": MAX_BIGINT, **options})

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and not data.strip().isascii():
            self.fail("invalid")
        return super().to_internal_value(data)


class Percent(serializers.FloatField):
    """0 to 100."""

    def __init__(self, *, required: bool = False, **options: Any) -> None:
        super().__init__(required=required, **{"min_value": 0, "max_value": 100, **options})

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool):
            self.fail("invalid")
        number = super().to_internal_value(data)
        if not isfinite(number):
            self.fail("invalid")
        return number


class Boolean(serializers.BooleanField):
    def __init__(self, *, required: bool = False, **options: Any) -> None:
        super().__init__(required=required, **options)

    def to_internal_value(self, data: Any) -> bool:
        return bool(super().to_internal_value(data.lower() if isinstance(data, str) else data))


class Choice(serializers.ChoiceField):
    """One of several words."""

    def __init__(self, choices: Iterable[str], *, required: bool = False, **options: Any) -> None:
        super().__init__(list(choices), required=required, **options)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str | int | float):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(str(data))


class Level(Choice):
    """A level of `levels` by its name in lower case."""

    def __init__(self, levels: type[IntEnum], **options: Any) -> None:
        self.levels = levels
        super().__init__([level.name.lower() for level in levels], **options)

    def to_internal_value(self, data: Any) -> Any:
        return self.levels[super().to_internal_value(data).upper()]


class NumberChoice(Integer):
    """One of a few numbers: `choices` maps each to what it means here."""

    default_error_messages = {"invalid_choice": "does not have a valid value"}

    def __init__(self, choices: Mapping[int, Any], **options: Any) -> None:
        self.choices = choices
        super().__init__(**options)
        self.validators = []  # the choices are bounds enough, and what they mean need not be a number

    def to_internal_value(self, data: Any) -> Any:
        number = super().to_internal_value(data)
        if number not in self.choices:
            self.fail("invalid_choice")
        return self.choices[number]


class Day(serializers.DateField):
    """A day; of a point in time, its day as written."""

    def __init__(self, *, required: bool = False, **options: Any) -> None:
        super().__init__(required=required, **options)

    def to_internal_value(self, data: Any) -> date:
        try:
            return date.fromisoformat(str(data)[:10])
        except ValueError:
            self.fail("invalid", format="YYYY-MM-DD")


class Moment(serializers.DateTimeField):
    """A point in time by ISO 8601, or a day, which means its beginning; without a zone in UTC."""

    def __init__(self, *, required: bool = False, **options: Any) -> None:
        super().__init__(required=required, **options)

    def to_internal_value(self, data: Any) -> datetime:
        text = str(data).strip()
        try:
            # A "+" that was not encoded arrives as a space.
            found = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("invalid", format="ISO 8601")


class Words(serializers.ListField):
    """Several words: an array, or text with commas. `choices`: the words there are."""

    default_error_messages = {"invalid_choice": "does not have a valid value"}

    def __init__(self, choices: Iterable[str] | None = None, *, required: bool = False, **options: Any) -> None:
        child = serializers.CharField() if choices is None else serializers.ChoiceField(list(choices))
        self.choices = None if choices is None else frozenset(choices)
        super().__init__(child=child, required=required, **options)

    def to_internal_value(self, data: Any) -> list[str]:
        parts = [data] if isinstance(data, str) else data
        if not isinstance(parts, list) or not all(isinstance(part, str) and _is_text(part) for part in parts):
            self.fail("not_a_list", input_type=type(data).__name__)
        words = [word.strip() for part in parts for word in part.split(",") if word.strip()]
        if not self.allow_empty and not words:
            self.fail("invalid_choice")
        if self.choices is not None and not self.choices.issuperset(words):
            self.fail("invalid_choice")
        return words


class Integers(serializers.ListField):
    """Several numbers: an array, or text with commas."""

    def __init__(self, *, required: bool = False, **options: Any) -> None:
        super().__init__(child=Integer(), required=required, **options)

    def to_internal_value(self, data: Any) -> list[int]:
        parts = data if isinstance(data, list) else [data]
        texts = [text for part in parts for text in (part.split(",") if isinstance(part, str) else [part])]
        return [self.child.run_validation(text) for text in texts if text != ""]


class Anything(serializers.Field[Any, Any, Any, Any]):
    """A value of any kind, which may be blank or null; who asks for it takes it apart. Each kind of it says what it
    takes (`extend_schema_field`)."""

    allow_blank = True

    def __init__(self, *, required: bool = False, **options: Any) -> None:
        super().__init__(required=required, allow_null=True, **options)

    default_error_messages = {"invalid": "is invalid"}

    def to_internal_value(self, data: Any) -> Any:
        return data


def _is_text(value: str) -> bool:
    """No NUL, which no database takes, and no lone surrogate, which is legal JSON and no legal text."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
