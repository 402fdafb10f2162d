"""The parameters of a request as a serializer, with faults in GitLab's words (resources.md §0.2, api.input.faults).

class NewGroup(Parameters):
    name = Text(required=True)
    parent_id = Integer()
    unsupported = {"mentions_disabled": False, "avatar": None}

No name is passed over in silence: what is not declared is refused by name (docs/contract/README.md, decision 14). Of
GitLab's own parameters that this server does not have, `unsupported` knows the value that asks for nothing, which
clients send unasked; it is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, ClassVar, Self
from urllib.parse import unquote

from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty
from rest_framework.request import Request

from api.input.faults import WORDED, WORDS
from api.input.fields import Anything, Words
from api.input.form_parsers import query_pairs
from api.input.nested_form import Repeated, nest
from api.rest import ApiError
from text.hidden_characters import reveal

# Read elsewhere: by the gate (credentials) and by the pages of a list. Clients send them to any address.
_COMMON = frozenset({"access_token", "cursor", "job_token", "page", "pagination", "per_page", "private_token", "token"})
MAX_LISTED_CHOICES = 16
MAX_SHOWN = 60  # characters of a word that is unknown
MAX_NAME, MAX_UNKNOWN = 100, 20  # characters of a name that is unknown, and how many are named
NOT_SUPPORTED = "is not supported"
_TAKES_SEVERAL = (Anything, Words, serializers.ListField, serializers.ListSerializer)


def query_parameters(request: HttpRequest | Request) -> dict[str, Any]:
    """Those of the address; of an upload, whose body is a file, there are no others."""
    query = request.META.get("QUERY_STRING", "")
    if not query:
        return {}
    # WSGI hands over bytes as Latin-1.
    return nest(query_pairs(query.encode("latin-1", "replace").decode(errors="replace")))


def merge(query: dict[str, Any], body: Any) -> dict[str, Any]:
    """The parameters of a body count more than those of the address; maps in both are merged. A JSON body that is a
    list or a number carries none."""
    for name, value in body.items() if isinstance(body, dict) else ():
        plain = name.removesuffix("[]")
        known = query.get(plain)
        query[plain] = {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value
    return query


class Parameters(serializers.Serializer[Any]):
    """`read` gives a dict of what the client gave, by the fields' `source`; defaults are in it too."""

    # Documented by GitLab, missing here: name → the one value that asks for nothing this server lacks, or None.
    unsupported: ClassVar[Mapping[str, Any]] = {}
    # Why names that are not declared are ignored: who sends such. Empty: they are refused.
    lenient: ClassVar[str] = ""
    # Whether a word that is none of a few is answered with those few. GitLab does not.
    lists_choices: ClassVar[bool] = False
    # What is said of some of them, instead of `is not supported`.
    unsupported_words: ClassVar[Mapping[str, str]] = {}
    mutually_exclusive: ClassVar[tuple[str, ...]] = ()
    exclusive_words: ClassVar[str] = "are mutually exclusive"
    exactly_one_of: ClassVar[tuple[str, ...]] = ()
    at_least_one_of: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """Raises rest_framework's ValidationError, which names every parameter that is wrong."""
        given = query_parameters(request)
        if request.method not in {"GET", "HEAD"}:
            given = merge(given, request.data)
        if request._request.__dict__.get("is_sudo"):
            given.pop("sudo", None)  # the caller is that person (identity.credentials.sudo)
        elif request.META.get("HTTP_SUDO"):
            raise ValidationError({"sudo": [ErrorDetail(NOT_SUPPORTED, WORDED)]})
        for name, value in (request.parser_context or {}).get("kwargs", {}).items():
            if name in given and name not in cls.reader().fields and _is_same(given[name], value):
                del given[name]  # python-gitlab says again what the address says
        return cls.read_values(given)

    @classmethod
    def read_values(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = _reader(cls).run_validation(given)
        return values

    @classmethod
    def reader(cls) -> Self:
        """One for all requests: reading leaves no trace in it."""
        return _reader(cls)  # type: ignore[return-value]

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            self.fail("invalid", datatype=type(data).__name__)
        values: dict[str, Any] = {}
        errors: dict[str, Any] = {} if data.keys() <= self.fields.keys() else self._name_unsupported(data)
        for field in self._writable_fields:
            if field.field_name not in data and not field.required:
                if field.default is not empty:
                    values[str(field.source)] = field.get_default()
                continue
            try:
                value = self._read_field(field, data)
            except ValidationError as error:
                errors[str(field.field_name)] = error.detail
            else:
                if value is not empty:
                    values[str(field.source)] = value
        if errors:
            raise ValidationError(errors)
        if self.mutually_exclusive or self.exactly_one_of or self.at_least_one_of:
            self._check_groups(data)
        return values

    def _name_unsupported(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The first MAX_UNKNOWN of them; what nobody would see in their names is shown."""
        found = list(self._unsupported_in(data))
        errors: dict[str, Any] = {reveal(name[:MAX_NAME]): fault for name, fault in found[:MAX_UNKNOWN]}
        if len(found) > MAX_UNKNOWN:
            errors[f"and {len(found) - MAX_UNKNOWN} more"] = [ErrorDetail("are not supported", WORDED)]
        return errors

    def _read_field(self, field: Any, data: Mapping[str, Any]) -> Any:
        """Of a parameter that was sent, or is required."""
        value = data.get(field.field_name, empty)
        if value is empty:
            raise ValidationError([ErrorDetail("", "required")])
        if isinstance(value, Repeated):
            value = list(value) if isinstance(field, _TAKES_SEVERAL) else value[-1]
        if is_blank(value) and not getattr(field, "allow_blank", False):
            if field.allow_null:
                return None
            if field.required or getattr(field, "refuse_blank", False):
                raise ValidationError([ErrorDetail("", "blank")])
            return empty if field.default is empty else field.get_default()
        try:
            value = field.run_validation("" if value is None and getattr(field, "null_empties", False) else value)
        except ValidationError as error:
            raise (_with_choices(error, field, value) if self.lists_choices else error) from None
        check = getattr(self, f"validate_{field.field_name}", None)
        return value if check is None else check(value)

    def _unsupported_in(self, data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, value in data.items():
            if name in self.fields:
                continue
            if name in _COMMON:  # read as text, wherever that is; `page[]=2` would be read by nobody
                if not self.lenient and isinstance(value, dict | list) and not isinstance(value, Repeated):
                    yield name, [ErrorDetail("", "invalid")]
                continue
            if name in self.unsupported:
                refused = not _asks_nothing(value, self.unsupported[name])
            else:
                refused = not self.lenient or name == "sudo"
            if refused:
                yield name, [ErrorDetail(self.unsupported_words.get(name, NOT_SUPPORTED), WORDED)]

    def _check_groups(self, data: Mapping[str, Any]) -> None:
        """Raises ApiError in the words of GitLab's parameter groups."""
        exclusive = self.mutually_exclusive or self.exactly_one_of
        if len([name for name in exclusive if not is_blank(data.get(name))]) > 1:
            raise ApiError(400, {"error": f"{', '.join(exclusive)} {self.exclusive_words}"})
        for names, how_many in ((self.exactly_one_of, "exactly one"), (self.at_least_one_of, "at least one")):
            if names and all(is_blank(data.get(name)) for name in names):
                text = f"{', '.join(names)} are missing, {how_many} parameter must be provided"
                raise ApiError(400, {"error": text})


class OwnParameters(Parameters):
    """Of routes that GitLab does not have: what would be right is named too, where that is short."""

    lists_choices = True


class NoParameters(Parameters):
    """Of an operation that takes none: what nobody would read is still refused by name."""


@cache
def _reader(kind: type[Parameters]) -> Parameters:
    return kind()


def _with_choices(error: ValidationError, field: Any, value: Any) -> ValidationError:
    """Of many choices only the word that is none of them is named."""
    choices = [str(choice) for choice in getattr(field, "choices", None) or ()]
    if error.get_codes() != ["invalid_choice"] or not choices:
        return error
    if len(choices) <= MAX_LISTED_CHOICES:
        words = ", ".join(sorted(choices) if isinstance(field, Words) else choices)
    else:
        given = [
            word.strip() for part in (value if isinstance(value, list) else [value]) for word in str(part).split(",")
        ]
        unknown = next((word for word in given if word not in choices), "")[:MAX_SHOWN]
        near = get_close_matches(unknown, choices, n=1)
        words = f"there is no {unknown!r}{f', did you mean {near[0]!r}?' if near else ''}"
    return ValidationError([ErrorDetail(f"{WORDS['invalid_choice']}: {words}", WORDED)])


def _is_same(given: Any, in_address: Any) -> bool:
    """python-gitlab sends the path of a file as it stands in the address, encoded."""
    return str(in_address) in {str(given), unquote(str(given))}


def is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _asks_nothing(value: Any, harmless: Any) -> bool:
    """Whether to do without the parameter is to do what `value` says."""
    if isinstance(value, Repeated):
        value = value[-1]
    if is_blank(value) or value in ([], {}):
        return True
    if isinstance(harmless, bool):
        return str(value).lower() in ({"true", "1", "t", "on"} if harmless else {"false", "0", "f", "off"})
    return harmless is not None and str(value) == str(harmless)
