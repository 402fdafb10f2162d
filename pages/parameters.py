"""The parameters of a page's address, declared and refused like those of the API."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from rest_framework.exceptions import ValidationError

from api.input.faults import parameter_faults
from api.input.parameters import Parameters, query_parameters


def page_parameters(request: HttpRequest, kind: type[Parameters]) -> dict[str, Any]:
    """Raises BadRequest, which the error page shows: it names every parameter that is wrong."""
    try:
        return kind.read_values(query_parameters(request))
    except ValidationError as error:
        raise BadRequest(parameter_faults(error.detail)) from error
