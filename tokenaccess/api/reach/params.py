"""What requests may say of a project's reach."""

from __future__ import annotations

from api.input.fields import Choice, Integer, Text
from api.input.parameters import OwnParameters
from tokenaccess.policy.levels import INBOUND_MODE_NAMES
from tokenaccess.reach.blast_radius import MAX_DEPTH
from tokenaccess.reach.directions import ReachDirection


class ReachFilters(OwnParameters):
    """`inbound`: whose jobs the project admits; `outbound`: which projects admit its jobs."""

    direction = Choice(choices=list(ReachDirection), default=ReachDirection.INBOUND.value)
    search = Text(max_length=255)
    order_by = Choice(choices=["path", "last_used"], default="path")
    sort = Choice(choices=["asc", "desc"], default="asc")


class ReachPageFilters(OwnParameters):
    """The same in an address of a page; `sort` begins with the first word where it is not given."""

    direction = Choice(choices=list(ReachDirection), default=ReachDirection.INBOUND.value)
    q = Text(max_length=255)
    sort = Choice(choices=["path", "-path", "recent", "unused"], default="path")


class BlastRadiusChoice(OwnParameters):
    """`person`: whose jobs count: any member's who may start jobs, or only the caller's."""

    person = Choice(choices=["any", "me"], default="any")
    depth = Integer(min_value=1, max_value=MAX_DEPTH, default=MAX_DEPTH)


class WidestFilters(OwnParameters):
    mode = Choice(choices=["off", *INBOUND_MODE_NAMES])
