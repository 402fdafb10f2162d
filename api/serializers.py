"""The JSON bodies of responses, declared as serializers: what is sent, and what the API's description says is sent.

class BranchSerializer(ResponseSerializer):
    name = serializers.CharField()
    commit = CommitSerializer()
    merged = serializers.SerializerMethodField()
    def get_merged(self, branch: Branch) -> bool: ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import IntEnum
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, TypeVar

from django.utils.encoding import iri_to_uri
from drf_spectacular.plumbing import build_basic_type
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.rest import moment

Read = Callable[[Any], Any]
S = TypeVar("S", bound=serializers.Serializer[Any])


class Moment(serializers.DateTimeField):
    """A point in time as GitLab writes it: `2024-05-01T12:00:00.000Z`."""

    convert = staticmethod(moment)


class LocalMoment(serializers.DateTimeField):
    """A point in time with the zone it was noted in: `2024-05-01T12:00:00.000+02:00`."""

    @staticmethod
    def convert(at: datetime) -> str:
        return at.isoformat(timespec="milliseconds")


class Day(serializers.DateField):
    @staticmethod
    def convert(day: date | None) -> str | None:
        return None if day is None else day.isoformat()


class LevelName(serializers.ChoiceField):
    """The name of one of `levels`, in lower case."""

    def __init__(self, levels: type[IntEnum], **options: Any) -> None:
        names = {level.value: level.name.lower() for level in levels}
        self.convert = names.__getitem__
        super().__init__(list(names.values()), **options)


class OptionalMethod(serializers.SerializerMethodField):
    """A method field whose key a body may go without: the method then returns ABSENT."""

    def __init__(self, method_name: str | None = None) -> None:
        super().__init__(method_name)
        # drf-spectacular takes every read-only field for one that is always there.
        self.read_only = self.required = False


class Constant(serializers.ReadOnlyField):
    """A key of GitLab's whose value is always the same here; `None`, `[]` and `{}` for what is never there."""

    def __init__(self, value: Any, **options: Any) -> None:
        self.value = value
        super().__init__(**options)
        self._spectacular_annotation = {"field": _schema_of_constant(value)}


def _schema_of_constant(value: Any) -> dict[str, Any]:
    if value is None:
        return {"type": "null"}
    if value == []:
        return {"type": "array", "maxItems": 0}
    if value == {}:
        return {"type": "object", "maxProperties": 0}
    return dict(build_basic_type(type(value)) or {})


ABSENT: Any = object()


class ResponseSerializer(serializers.Serializer[Any]):
    """Reads each declared field by a getter that is prepared once for a whole page. REST framework's own loop copies
    every field for every request and asks each of them three times for each row, which takes ten times as long."""

    def absolute_url(self, path: str) -> str:
        """`path` begins with a slash."""
        return f"{self._site}{iri_to_uri(path)}"

    @cached_property
    def _site(self) -> str:
        site: str = self.context["request"].build_absolute_uri("/")
        return site.rstrip("/")

    def prepare(self, rows: Sequence[Any]) -> None:
        """Look-ups for a whole page at once, before its first row is rendered."""

    def render(self, row: Any) -> Any:
        return self.render_all([row])[0]

    def render_all(self, rows: Sequence[Any]) -> list[Any]:
        self.prepare(rows)
        return [self.to_representation(row) for row in rows]

    def to_representation(self, instance: Any) -> Any:
        return {name: value for name, read in self._readers if (value := read(instance)) is not ABSENT}

    @cached_property
    def _readers(self) -> list[tuple[str, Read]]:
        return [(name, read or self._bound_reader(name)) for name, read in _plain_readers(type(self))]

    def _bound_reader(self, name: str) -> Read:
        """Of a method of this serializer, or of a serializer within, which shares its context."""
        field: Any = self._declared_fields[name]
        if isinstance(field, serializers.SerializerMethodField):
            method: Read = getattr(self, field.method_name or f"get_{name}")
            return method
        get, is_list = attrgetter(str(field.source or name)), isinstance(field, serializers.ListSerializer)
        inner = type(field.child if is_list else field)(context=self.context)
        if is_list:
            return lambda row: [inner.to_representation(one) for one in get(row)]
        return lambda row: None if (one := get(row)) is None else inner.to_representation(one)


@cache
def _plain_readers(kind: type[ResponseSerializer]) -> list[tuple[str, Read | None]]:
    """Of each field, in their order; None for those that every serializer of the kind makes anew."""
    return [(name, _plain_reader(name, field)) for name, field in kind._declared_fields.items()]


def _plain_reader(name: str, field: Any) -> Read | None:
    child = field.child if isinstance(field, serializers.ListSerializer) else field
    if isinstance(child, serializers.SerializerMethodField | ResponseSerializer):
        return None
    if isinstance(field, Constant):
        return lambda _row: field.value
    get, convert = attrgetter(str(field.source or name)), getattr(field, "convert", None)
    return get if convert is None else lambda row: convert(get(row))


def with_fields(fields: Mapping[str, serializers.Field[Any, Any, Any, Any]]) -> Callable[[type[S]], type[S]]:
    """Declare `fields`, which some table gives, in the serializer, before its own."""

    def declare(serializer: type[S]) -> type[S]:
        serializer._declared_fields = {**fields, **serializer._declared_fields}
        return serializer

    return declare


class MessageSerializer(serializers.Serializer[Any]):
    """A sentence instead of a thing."""

    message = serializers.CharField()


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}},
            {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        ]
    }
)
class ErrorMessage(serializers.Field[Any, Any, Any, Any]):
    """A sentence, several, or `{"field": ["text"]}`."""


class ErrorSerializer(serializers.Serializer[Any]):
    """Faults of parameters are an `error`; anything else has a `message`, by field where a model refuses values."""

    message = ErrorMessage(required=False)
    error = serializers.CharField(required=False)
    error_description = serializers.CharField(required=False)
    scope = serializers.CharField(required=False)
