"""What terraform writes into an address."""

from __future__ import annotations

from api.input.fields import Text
from api.input.parameters import Parameters


class StateParams(Parameters):
    """`ID` of the lock under which the state is stored."""

    ID = Text(default="")
