"""What requests may say about secure files."""

from __future__ import annotations

from api.input.fields import Text
from api.input.parameters import Parameters


class NewSecureFile(Parameters):
    """Besides the part `file`."""

    name = Text(required=True)

    unsupported = {"permissions": "read_only"}
