"""What several endpoints read from a request: scales by their names, a list's order, its search."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from config.params import Params
from config.rest import ApiError
from identity.models import User
from tokenaccess.policy.levels import FeatureLevel, Role, Visibility

Rows = TypeVar("Rows", bound=QuerySet[Any])

LONGEST_SEARCH = 255
VISIBILITIES = [level.name.lower() for level in Visibility]
FEATURE_LEVELS = [level.name.lower() for level in FeatureLevel]


def visibility(params: Params, name: str = "visibility") -> Visibility | None:
    chosen = params.choice(name, VISIBILITIES)
    return None if chosen is None else Visibility[chosen.upper()]


def feature_level(params: Params, name: str) -> FeatureLevel | None:
    chosen = params.choice(name, FEATURE_LEVELS)
    return None if chosen is None else FeatureLevel[chosen.upper()]


def role(params: Params, name: str, *, required: bool = False) -> Role | None:
    """One of the numbers 10 … 50."""
    number = params.integer(name, required=required)
    if number is None:
        return None
    if number not in {level.value for level in Role if level}:
        raise ApiError(400, {"error": f"{name} does not have a valid value"})
    return Role(number)


def search(params: Params) -> Q:
    """`search`: in names and last parts of paths; words with a slash, or `search_namespaces`, in whole paths too.
    Empty without; what is hidden is not to be asked (`visible_to(user, that)`)."""
    words = params.text("search", most=LONGEST_SEARCH)
    if not words:
        return Q()
    found = Q(name__icontains=words) | Q(path__icontains=words)
    if "/" in words or params.boolean("search_namespaces"):
        found |= Q(full_path__icontains=words)
    return found


def standing_where(rows: Rows, params: Params, user: User | None) -> Rows:
    """`membership`, `owned`, `min_access_level`: where the caller has a role, is owner, or has at least that role."""
    least = [role(params, "min_access_level")]
    least += [Role.GUEST] if params.boolean("membership") else []
    least += [Role.OWNER] if params.boolean("owned") else []
    wanted = max((level for level in least if level), default=None)
    if wanted is None:
        return rows
    return rows.none() if user is None else rows.of_member(user, wanted)  # type: ignore[attr-defined]


def ordered(rows: Rows, params: Params, fields: dict[str, str], *, by: str, sort: str) -> Rows:
    """`order_by` (one of `fields`) and `sort`; the id settles ties, so that pages never overlap."""
    field = fields[params.choice("order_by", fields) or by]
    sign = "-" if (params.choice("sort", ["asc", "desc"]) or sort) == "desc" else ""
    return rows.order_by(f"{sign}{field}", f"{sign}id")
