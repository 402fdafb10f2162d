"""What requests may say of refusals."""

from __future__ import annotations

from api.input.fields import Choice
from api.input.parameters import OwnParameters


class RefusalFilters(OwnParameters):
    """`here`: of other projects' jobs in this project; `elsewhere`: of its own jobs in other projects."""

    where = Choice(choices=["here", "elsewhere"], default="here")
