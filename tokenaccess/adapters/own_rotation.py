"""A token that replaces itself over the API."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from identity.credentials.resolve import BadCredential
from identity.services import revoke_family
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


class OwnRotationView(GatedView):
    """One that was rotated before is refused as any revoked one is, and takes its whole line with it."""

    actions = {"POST": Action.ROTATE_TOKEN_ITSELF}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        try:
            super().initial(request, *args, **kwargs)
        except BadCredential as bad:
            if bad.token is not None and bad.token.revoked:
                revoke_family(bad.token, by=bad.token.user)
            raise
