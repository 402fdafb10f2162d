"""The index of routes leaves nothing out: it finds what trying one after the other finds."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, URLResolver, get_resolver, path
from django.urls.resolvers import RoutePattern

from api.routing.route_index import IndexedResolver
from tests.support.routes import sample_paths

pytestmark = pytest.mark.pure


def resolve(resolver: URLResolver, address: str) -> Any:
    try:
        found = resolver.resolve(address)
    except Resolver404:
        return None
    return found.func, found.kwargs, found.route


def test_every_address_leads_where_it_would_lead_without() -> None:
    indexed = next(each for each in get_resolver().url_patterns if isinstance(each, IndexedResolver))
    plain = URLResolver(indexed.pattern, "config.api_urls")
    chance = random.Random(1)
    addresses = sample_paths(indexed)
    words = sorted({word for address in addresses for word in address.split("/")})
    for address in addresses:
        assert resolve(indexed, address) == resolve(plain, address) is not None
        parts = address.split("/")
        parts[chance.randrange(2, len(parts))] = chance.choice([*words, "", "x/y"])
        changed = "/".join(parts)
        assert resolve(indexed, changed) == resolve(plain, changed), changed


def test_of_two_that_match_the_first_is_taken() -> None:
    def first(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    def second(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    routes = [path("things/<path:rest>", first), path("things/<int:one>/parts", second)]
    indexed = IndexedResolver(RoutePattern("api/"), routes)
    assert resolve(indexed, "api/things/1/parts")[0] is first
    assert resolve(indexed, "api/others/1/parts") is None
