"""No parameter that GitLab documents for an operation we have is passed over: it works, or a 400 names it.

python-gitlab knows what each operation of GitLab takes; what it knows must be declared here, one way or the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import gitlab.v4.objects
import pytest
from gitlab.base import RESTManager

from api.operations import Operation
from tokenaccess.adapters.endpoints import Endpoint, endpoints

pytestmark = pytest.mark.pure

OF_LISTS = {"page", "per_page", "pagination", "order_by", "sort"}  # (resources.md §0.4)


def managers() -> Iterator[Any]:
    for name in dir(gitlab.v4.objects):
        found: Any = getattr(gitlab.v4.objects, name)
        if isinstance(found, type) and issubclass(found, RESTManager) and getattr(found, "_path", None):
            yield found


def documented_parameters(manager: Any) -> Iterator[tuple[str, str, set[str]]]:
    """(method, address with `*` for each value, names of parameters)."""
    path = re.sub("{[^}]+}", "*", manager._path)
    yield "GET", path, set(getattr(manager, "_list_filters", ()))
    for method, address, known in (("POST", path, manager._create_attrs), ("PUT", f"{path}/*", manager._update_attrs)):
        yield method, address, {*known.required, *known.optional, *known.exclusive}


def declared(endpoint: Endpoint, operation: Operation) -> set[str]:
    in_address = re.findall("<(?:[^:>]+:)?([^>]+)>", endpoint.route)
    of_form = {"file"} if operation.upload == "multipart/form-data" else set()
    return {*of_form, *operation.params.reader().fields, *operation.params.unsupported, *in_address, *OF_LISTS}


def test_what_gitlab_takes_is_taken_or_refused() -> None:
    ours = {re.sub("<[^>]+>", "*", endpoint.route.removeprefix("/api/v4")): endpoint for endpoint in endpoints()}
    compared, passed_over = 0, []
    for manager in managers():
        for method, address, names in documented_parameters(manager):
            endpoint = ours.get(address)
            operation = endpoint and endpoint.operations.get(method)
            if endpoint and operation and not operation.params.lenient:
                compared += len(names)
                passed_over += [f"{method} {address}: {name}" for name in names - declared(endpoint, operation)]
    assert sorted(passed_over) == []
    assert compared > 200
