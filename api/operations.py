"""What an operation of the API takes and returns, declared on the method that answers it.

class GroupList(GatedView):
    actions = {"GET": Action.EXPLORE, "POST": Action.CREATE_GROUP}

    @operation(GroupFilters, returns=GroupSerializer, many=True)
    def get(self, request, params):
        return GroupFilters.apply(Group.objects.visible_to(self.viewer), params)   # rows: paged and rendered

    @operation(NewGroup, returns=GroupSerializer)
    def post(self, request, params):
        return services.create_group(**params, by=self.person)                      # one row: 201

The same declaration describes the operation in OpenAPI (portal.api.openapi); a test holds each response against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.input.parameters import NoParameters, Parameters
from api.serializers import ResponseSerializer

# What comes back; several for one that depends on the caller.
Body = type[serializers.Serializer[Any]] | serializers.Field[Any, Any, Any, Any] | dict[str, Any]
SUCCESS = {"POST": 201, "DELETE": 204}
BINARY: dict[str, Any] = {"type": "string", "format": "binary"}


@dataclass(frozen=True)
class Operation:
    params: type[Parameters] = NoParameters
    returns: Body | tuple[Body, ...] | None = None
    many: bool = False
    status: int | None = None
    media_type: str = "application/json"
    upload: str = ""  # the media type of a body that is a file, or of a form with a part `file`
    content: Body | None = None  # of an upload that is JSON
    others: Mapping[int, Body | None] = field(default_factory=dict)  # status → body, of what is answered in other cases
    # The security scheme (portal.api.openapi_text) of a credential that the view checks by itself; of a gated one
    # its action says which.
    security: str = ""

    def status_of(self, method: str) -> int:
        return self.status or SUCCESS.get(method, 200)


def operation(
    params: type[Parameters] = NoParameters,
    *,
    returns: Body | tuple[Body, ...] | None = None,
    many: bool = False,
    status: int | None = None,
    media_type: str = "application/json",
    others: Mapping[int, Body | None] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., HttpResponseBase]]:
    """The method is handed `params`, a dict of what was read (none for NoParameters); it is the view's `params` too.

    It returns a row, or with `many` the rows of a list, which are paged; `returns` renders them. Of several serializers
    the view's `get_serializer_class` picks one. A response that the method makes itself is left as it is, and so is a
    body when `returns` is no ResponseSerializer.
    `status`: 201 for POST, 204 for DELETE and 200 for the others, unless told otherwise. `others`: of errors that say
    more than their message.
    """
    declared = Operation(params, returns, many, status, media_type, others=others or {})

    def decorate(handler: Callable[..., Any]) -> Callable[..., HttpResponseBase]:
        @wraps(handler)
        def answer(self: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            self.params = values = declared.params.read(request)
            if declared.params is not NoParameters:
                kwargs["params"] = values
            result = handler(self, request, *args, **kwargs)
            if isinstance(result, HttpResponseBase):
                return result
            return _respond(self, request, result, declared)

        answer.operation = declared  # type: ignore[attr-defined]
        return answer

    return decorate


def describe(declared: Operation) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Says what a method takes and returns that reads its request and makes its response by itself."""

    def decorate(handler: Callable[..., Any]) -> Callable[..., Any]:
        handler.operation = declared  # type: ignore[attr-defined]
        return handler

    return decorate


def _respond(view: Any, request: Request, result: Any, declared: Operation) -> Response:
    if declared.many:
        pages = view.pagination_class()
        rows = pages.paginate_queryset(result, request, view)
        response: Response = pages.get_paginated_response(_render(view, request, rows, declared))
        return response
    status = declared.status_of(str(request.method))
    if status == 204:
        return Response(status=204)
    (body,) = _render(view, request, [result], declared)
    return Response(body, status=status)


def _render(view: Any, request: Request, rows: Sequence[Any], declared: Operation) -> Sequence[Any]:
    kind = view.get_serializer_class() if isinstance(declared.returns, tuple) else declared.returns
    if isinstance(kind, type) and issubclass(kind, ResponseSerializer):
        return kind(context={"request": request, "view": view}).render_all(rows)
    return rows
