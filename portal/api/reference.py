"""The operations of the API as people read them, from its description for machines (portal.api.openapi)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import orjson
from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from portal.api.description_file import read_description
from portal.api.openapi_text import REFUSALS, SCHEMES
from portal.api.reference_command import curl_command
from portal.api.reference_fields import Field, body_fields, code_words, paragraphs, parameter_field, type_text

# Method → colour of its badge (portal.templatetags.portal.tag).
COLOURS = {"GET": "info", "POST": "ok", "PUT": "warn", "PATCH": "warn", "DELETE": "danger"}


@dataclass(frozen=True)
class Body:
    """Of a request or of a response. `type`: of the whole; without `fields` where it is no object."""

    media_types: tuple[str, ...]
    type: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Response:
    status: str
    description: SafeString
    body: Body | None
    headers: tuple[str, ...]


@dataclass(frozen=True)
class Operation:
    """One method of one address. `source`: how the description has it."""

    method: str
    path: str
    source: dict[str, Any]
    schemas: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.source["operationId"])

    @property
    def tag(self) -> str:
        return str(self.source["tags"][0])

    @property
    def colour(self) -> str:
        return COLOURS[self.method]

    @cached_property
    def summary(self) -> SafeString:
        return code_words(self.source["summary"])

    @cached_property
    def description(self) -> SafeString:
        return paragraphs(self.source.get("description", ""))

    @cached_property
    def search_text(self) -> str:
        words = (self.method, self.path, self.id, self.tag, self.source["summary"], self.source.get("description", ""))
        return " ".join(words).casefold()

    @cached_property
    def credentials(self) -> list[str]:
        """What they are called; empty where none is needed."""
        return [credential_name(name) for way in self.source["security"] for name in way]

    @property
    def is_open(self) -> bool:
        """Whether it may answer without a credential."""
        return {} in self.source["security"]

    @cached_property
    def parameters(self) -> list[Field]:
        found = [parameter_field(one, self.schemas) for one in self.source.get("parameters", ())]
        return sorted(found, key=lambda one: (one.place != "path", not one.required))

    @cached_property
    def body(self) -> Body | None:
        return _body(self.source.get("requestBody", {}).get("content", {}), self.schemas)

    @cached_property
    def responses(self) -> list[Response]:
        """Those of its own; what any operation may refuse is in `refusals`."""
        common = {str(status): words for status, words in REFUSALS.items()}
        own = self.source["responses"].items()
        return [
            Response(
                status,
                code_words(response["description"]),
                _body(response.get("content", {}), self.schemas),
                tuple(response.get("headers", ())),
            )
            for status, response in sorted(own)
            if common.get(status) != response["description"]
        ]

    @property
    def command(self) -> str:
        fields = list(self.body.fields) if self.body else []
        return curl_command(self.method, self.path, self.source, fields, settings.EXTERNAL_URL)


@cache
def operations() -> tuple[Operation, ...]:
    """All of them, by tag and address."""
    described = orjson.loads(read_description())
    schemas = described["components"]["schemas"]
    found = [
        Operation(method.upper(), path, source, schemas)
        for path, methods in described["paths"].items()
        for method, source in methods.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.tag, one.path, list(COLOURS).index(one.method))))


@cache
def tags() -> dict[str, int]:
    """Tag → how many operations it has."""
    return dict(Counter(operation.tag for operation in operations()))


def search_operations(q: str, tag: str) -> list[Operation]:
    """Those of the tag, of any for "", in which every word of `q` occurs."""
    words = q.casefold().split()
    return [
        operation
        for operation in operations()
        if tag in {"", operation.tag} and all(word in operation.search_text for word in words)
    ]


def credential_name(scheme: str) -> str:
    """`PRIVATE-TOKEN`, `Authorization: Bearer`; the header or cookie that it stands in."""
    return "Authorization: Bearer" if SCHEMES[scheme].get("scheme") == "bearer" else str(SCHEMES[scheme]["name"])


def credentials() -> list[tuple[str, str]]:
    """(name, what it is) of all that there are."""
    return [(credential_name(scheme), gettext(about["description"])) for scheme, about in SCHEMES.items()]


def refusals() -> list[tuple[str, str]]:
    """(status, meaning) of what any operation may answer."""
    return [(str(status), gettext(words)) for status, words in REFUSALS.items()]


def _body(content: dict[str, Any], schemas: dict[str, Any]) -> Body | None:
    if not content:
        return None
    schema = next(iter(content.values()))["schema"]
    return Body(tuple(content), type_text(schema, schemas), tuple(body_fields(schema, schemas)))
