"""Looks at those routes only that could match: of hundreds, each request would try half.

Most addresses are `projects/:id/<word>/…`, so the first and the third part of a path tell most routes apart. The order
of the routes stays, and with it which of two that match is taken.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from django.urls import URLPattern, URLResolver
from django.urls.resolvers import ResolverMatch, RoutePattern

_POSITIONS = (0, 2)
_ONE_PART = {r"[^/]+", r"[0-9]+"}  # regular expressions of parameters that hold no slash
Route = URLPattern | URLResolver
Key = tuple[str | None, ...]


class IndexedResolver(URLResolver):
    """As Django's, of the same routes. `pattern` is a fixed text."""

    def resolve(self, path: str) -> ResolverMatch:
        path = str(path)
        parts = path.removeprefix(str(self.pattern)).split("/", _POSITIONS[-1] + 1)
        # The part at each position, None for one that no route has as a word.
        key = tuple(
            parts[at] if at < len(parts) and parts[at] in words else None
            for at, words in zip(_POSITIONS, self._words, strict=True)
        )
        resolver = self._resolvers.get(key) or self._add_resolver(key)
        return resolver.resolve(path)

    def _add_resolver(self, key: Key) -> URLResolver:
        routes = [route for route, own in zip(self.url_patterns, self._keys, strict=True) if _could_match(own, key)]
        made = URLResolver(self.pattern, routes, self.default_kwargs, self.app_name, self.namespace)
        return self._resolvers.setdefault(key, made)

    @cached_property
    def _resolvers(self) -> dict[Key, URLResolver]:
        """Made as they are needed; no more than words at one position times those at the other."""
        return {}

    @cached_property
    def _keys(self) -> list[Key]:
        return [_key_of_route(route) for route in self.url_patterns]

    @cached_property
    def _words(self) -> list[frozenset[str]]:
        return [frozenset(word for word in column if word) for column in zip(*self._keys, strict=True)]


def _could_match(route: Key, path: Key) -> bool:
    return all(word is None or word == part for word, part in zip(route, path, strict=True))


def _key_of_route(route: Route) -> Key:
    """The word that a matching path must have at each position, None where any will do."""
    pattern: Any = route.pattern
    if not isinstance(pattern, RoutePattern):
        return (None,) * len(_POSITIONS)
    parts = str(pattern).split("/")
    # What a route includes goes on at its end.
    known = parts[:-1] if isinstance(route, URLResolver) else parts
    # A parameter that may hold a slash moves what comes behind it.
    if any(converter.regex not in _ONE_PART for converter in pattern.converters.values()):
        known = known[: next(at for at, part in enumerate(parts) if "<" in part and not _is_one_part(part, pattern))]
    return tuple(known[at] if at < len(known) and "<" not in known[at] else None for at in _POSITIONS)


def _is_one_part(part: str, pattern: Any) -> bool:
    names = re.findall(r"<(?:[^>:]+:)?([^>]+)>", part)
    return all(pattern.converters[name].regex in _ONE_PART for name in names)
