"""What requests about applications may say."""

from __future__ import annotations

from api.input.fields import Boolean, Text
from api.input.parameters import Parameters


class NewApplication(Parameters):
    """`scopes` and `redirect_uri` are lists divided by blanks or lines, as GitLab has them."""

    name = Text(required=True)
    redirect_uri = Text(required=True)
    scopes = Text(required=True)
    confidential = Boolean(default=True)
    trusted = Boolean(default=False)
    client_credentials = Boolean(default=False)
