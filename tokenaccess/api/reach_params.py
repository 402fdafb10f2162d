"""What requests may say of a project's reach."""

from __future__ import annotations

from api.input.fields import Choice, Integer, Text
from api.input.parameters import Parameters
from tokenaccess.reach.blast_radius import MAX_DEPTH
from tokenaccess.reach.directions import ReachDirection


class ReachFilters(Parameters):
    """`inbound`: whose jobs the project admits; `outbound`: which projects admit its jobs."""

    direction = Choice(choices=list(ReachDirection), default=ReachDirection.INBOUND.value)
    search = Text(max_length=255)
    order_by = Choice(choices=["path", "last_used"], default="path")
    sort = Choice(choices=["asc", "desc"], default="asc")

    strict = True


class BlastRadiusChoice(Parameters):
    """`person`: whose jobs count: any member's who may start jobs, or only the caller's."""

    person = Choice(choices=["any", "me"], default="any")
    depth = Integer(min_value=1, max_value=MAX_DEPTH, default=MAX_DEPTH)

    strict = True


class WidestFilters(Parameters):
    mode = Choice(choices=["open", "trial", "enforced", "off"])

    strict = True
