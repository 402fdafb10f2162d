"""Filters and order of a project's sources, for the API, the page and the exports alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.input.fields import Choice, Text
from api.input.list_filters import MAX_SEARCH
from api.input.parameters import OwnParameters
from tokenaccess.models import Direction
from tokenaccess.sources.query import ORDERS, USES, SourceQuery
from tokenaccess.sources.rows import MATCHES, STATES


class _SourceFilters(OwnParameters):
    kind = Choice(["project", "group"])
    entry = Choice(MATCHES)
    use = Choice(USES)
    state = Choice(STATES)
    order_by = Choice(ORDERS, default="list")
    sort = Choice(["asc", "desc"])

    @classmethod
    def query(cls, values: Mapping[str, Any]) -> SourceQuery:
        return SourceQuery(**values)


class SourceFilters(_SourceFilters):
    """`entry`: the source has an entry of its own, an inherited one, is in a listed group, or neither. `use`: admitted
    in the last 30 days, not in the last 90 or never; refused in the last 30. `state`: of its own entry.

    Without `sort` figures and times begin with the highest.
    """

    search = Text(max_length=MAX_SEARCH)


class SourcePageFilters(_SourceFilters):
    """The same in an address of a page, where lists are searched by `q`."""

    q = Text(source="search", max_length=MAX_SEARCH)


class CandidateSearch(OwnParameters):
    """`search`: at least two letters of a path."""

    search = Text(required=True, max_length=MAX_SEARCH)


class ProjectCandidateSearch(CandidateSearch):
    """Outbound: projects only, and whether they are on that list."""

    direction = Choice(list(Direction.values), default=str(Direction.INBOUND))
