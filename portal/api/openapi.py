"""The API's description for machines (OpenAPI), derived from what the endpoints declare.

drf-spectacular looks for REST framework's views and guesses what they take. Here every endpoint under /api/v4 and
/access/v1 says so itself, whatever kind of view it is (api.operations, tokenaccess.adapters.endpoints);
`DescribedOperation` stands for one method of one of them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer
from rest_framework import parsers, renderers, serializers
from rest_framework.views import APIView

from api.operations import BINARY, Operation
from api.rest import ORJSONParser, ORJSONRenderer
from api.serializers import ErrorSerializer
from portal.api import openapi_text as text
from tokenaccess.adapters.endpoints import Endpoint, endpoints
from tokenaccess.policy.actions import Action

_PAGE = [
    OpenApiParameter("page", int, description="1 by default."),
    OpenApiParameter("per_page", int, description="20 by default, at most 100."),
    OpenApiParameter("pagination", str, enum=["offset", "keyset"], description="`keyset`: go on by `Link`."),
    OpenApiParameter("cursor", str, description="Of the next page, as `Link` has it."),
    *(
        OpenApiParameter(name, str, OpenApiParameter.HEADER, response=[200])
        for name in ("X-Page", "X-Per-Page", "X-Next-Page", "X-Prev-Page", "Link")
    ),
]
_FORM = "multipart/form-data"
_PATH_PARAMETER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")


class OperationSchema(AutoSchema):
    @property
    def operation(self) -> DescribedOperation:
        assert isinstance(self.view, DescribedOperation)
        return self.view

    def get_operation_id(self) -> str:
        return text.operation_id(self.method, self.path)

    def get_summary(self) -> str:
        return text.summary(self.operation.action, self.operation.endpoint.handler_of(self.method), self.method)

    def get_description(self) -> str:  # type: ignore[override]
        return text.description(self.operation.action, self.operation.endpoint.handler_of(self.method), self.method)

    def get_tags(self) -> list[str]:
        return [text.tag(self.path)]

    def get_auth(self) -> list[dict[str, Any]]:
        return text.security(self.operation.action, self.operation.operation.security)

    def get_override_parameters(self) -> list[Any]:
        declared = self.operation.operation
        in_address = self.method not in {"POST", "PUT", "PATCH"} or declared.upload
        params = [declared.params] if in_address and _fields(declared) else []
        return [*params, *(_PAGE if declared.many else [])]

    def get_request_serializer(self) -> Any:
        declared = self.operation.operation
        if declared.upload == _FORM:
            return {_FORM: {"type": "object", "properties": {"file": BINARY}, "required": ["file"]}}
        if declared.upload:
            return {declared.upload: self._upload_body(declared.content)}
        return declared.params if _fields(declared) else None

    def _upload_body(self, content: Any) -> Any:
        if content is None:
            return OpenApiTypes.BINARY
        return self._map_serializer_field(content, "request") if _is_value(content) else content

    def get_response_serializers(self) -> Any:
        declared = self.operation.operation
        done = declared.status_of(self.method)
        body = None if done == 204 else self._body(declared)
        answers: dict[Any, Any] = {(done, declared.media_type): OpenApiResponse(body, description="Done.")}
        answers |= {
            (code, "application/json"): OpenApiResponse(other, description="Done.")
            for code, other in declared.others.items()
        }
        answers |= {
            (code, "application/json"): OpenApiResponse(ErrorSerializer, description=words)
            for code, words in text.REFUSALS.items()
        }
        return answers

    def _body(self, declared: Operation) -> Any:
        returns = declared.returns
        if isinstance(returns, tuple):
            name = "Or".join(self._get_serializer_name(force_instance(one), "response") for one in returns)
            kinds: Any = list(returns)
            proxy = PolymorphicProxySerializer(name, kinds, resource_type_field_name=None, many=declared.many)
            return proxy
        if declared.many and isinstance(returns, type):
            return returns(many=True)
        if _is_value(returns):
            return self._map_serializer_field(returns, "response")
        return returns

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Only what is declared as a list is one."""
        return isinstance(serializer, serializers.ListSerializer) or (
            isinstance(serializer, PolymorphicProxySerializer) and self.operation.operation.many
        )

    def _get_format_parameters(self) -> list[dict[str, Any]]:
        """Nobody chooses a format by a parameter."""
        return []

    def _get_paginator(self) -> None:
        """A page is a plain array: how many there are is told in headers."""
        return

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        return [text.path_parameter(name, self.operation.endpoint.route) for name in variables]


class DescribedOperation(APIView):
    """One method of one endpoint, as drf-spectacular wants to look at it."""

    schema = OperationSchema()
    parser_classes = [ORJSONParser, parsers.FormParser, parsers.MultiPartParser]
    renderer_classes = [ORJSONRenderer, renderers.StaticHTMLRenderer]

    def __init__(self, endpoint: Endpoint, action: Action | None, operation: Operation) -> None:
        super().__init__()
        self.endpoint, self.action, self.operation = endpoint, action, operation


class ApiSchemaGenerator(SchemaGenerator):
    def _initialise_endpoints(self) -> None:
        self.endpoints: Any = []

    def _get_paths_and_endpoints(self) -> list[tuple[str, str, str, DescribedOperation]]:
        return [
            (_PATH_PARAMETER.sub(r"{\1}", endpoint.route), endpoint.route, method, view)
            for endpoint in endpoints()
            if endpoint.route.startswith((text.API, text.AUTHZEN))
            for method, view in _describe(endpoint)
        ]

    def get_schema(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_schema(*args, **kwargs)
        found["paths"] = dict(sorted(found["paths"].items()))
        components = found.setdefault("components", {})
        components["securitySchemes"] = text.SCHEMES
        for schema in components.get("schemas", {}).values():
            # Of several bodies one may be the beginning of another: what fits the longer one fits both.
            if "oneOf" in schema:
                schema["anyOf"] = schema.pop("oneOf")
        return found


def _describe(endpoint: Endpoint) -> list[tuple[str, DescribedOperation]]:
    """What declares nothing is left out; a test finds it."""
    return [
        (method, DescribedOperation(endpoint, endpoint.actions.get(method), operation))
        for method, operation in sorted(endpoint.operations.items())
    ]


def _is_value(body: Any) -> bool:
    """A field that is the whole body: a text, a map …"""
    return isinstance(body, serializers.Field) and not isinstance(body, serializers.BaseSerializer)


def _fields(declared: Operation) -> bool:
    return bool(declared.params.reader().fields)


@cache
def document() -> dict[str, Any]:
    """The whole description, in English whoever's page asks first. The routes do not change while a process lives, and
    to describe them takes a while."""
    with translation.override("en"):
        found: dict[str, Any] = ApiSchemaGenerator().get_schema(request=None, public=True)
    return found
