"""What requests may say about secure files."""

from __future__ import annotations

from api.input.fields import Text
from api.input.parameters import Parameters


class NewSecureFile(Parameters):
    """Besides the part `file`."""

    name = Text(required=True)

    # python-gitlab sends an empty avatar beside every file.
    unsupported = {"permissions": "read_only", "avatar": None}
