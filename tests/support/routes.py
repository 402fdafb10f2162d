"""Addresses that routes take, made from what they say of their parameters."""

from __future__ import annotations

import re
from typing import Any

from django.urls import URLPattern, URLResolver

# By what a parameter's regular expression takes; the first that fits.
_VALUES = ("1", "word", "tar.gz", "a/b")


def sample_paths(resolver: URLResolver, above: str = "", converters: dict[str, Any] | None = None) -> list[str]:
    """One for each route below the resolver, whose own pattern is the start of each."""
    start, known = above + str(resolver.pattern), {**(converters or {}), **resolver.pattern.converters}
    found: list[str] = []
    for route in resolver.url_patterns:
        if isinstance(route, URLPattern):
            found.append(_fill_in(start + str(route.pattern), {**known, **route.pattern.converters}))
        else:
            found += sample_paths(route, start, known)
    return found


def _fill_in(route: str, converters: dict[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        regex = converters[match["name"]].regex
        return next(sample for sample in _VALUES if re.fullmatch(regex, sample))

    return re.sub(r"<(?:[^>:]+:)?(?P<name>[^>]+)>", value, route)
