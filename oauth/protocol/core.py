"""The toolkit's way from Django to oauthlib, with each exchange of a secret in one transaction."""

from __future__ import annotations

import time
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauthlib.oauth2 import OAuth2Error


class Core(OAuthLibCore):
    def create_token_response(self, request: HttpRequest) -> tuple[Any, ...]:
        """A refusal that was raised while tokens were written takes them back; one that is an answer keeps what it
        found out, such as that a code was used twice."""
        uri, method, body, headers = self._extract_params(request)
        extra = {"created_at": int(time.time())}
        try:
            with transaction.atomic():
                headers, body, status = self.server.create_token_response(uri, method, body, headers, extra)
        except OAuth2Error as error:
            return None, error.headers, error.json, error.status_code
        return None, headers, body, status

    def create_revocation_response(self, request: HttpRequest) -> tuple[Any, ...]:
        with transaction.atomic():
            answer: tuple[Any, ...] = super().create_revocation_response(request)
        return answer
