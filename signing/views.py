"""What verifiers of ID tokens read. They come without a credential, from any place."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from signing.discovery import document
from signing.models import Purpose
from signing.rotation import published_keys
from tokenaccess.adapters.pages import public

# Well below rotation.PUBLICATION: whoever keeps the keys for so long knows the next one before it signs.
_MAX_AGE = 1800  # seconds


@public
@require_safe
def configuration(request: HttpRequest) -> HttpResponse:
    return _respond(document())


@public
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    return _respond({"keys": [row.jwk for row in published_keys(Purpose.ID_TOKENS)]})


def _respond(body: dict[str, Any]) -> HttpResponse:
    headers = {"Cache-Control": f"public, max-age={_MAX_AGE}", "Access-Control-Allow-Origin": "*"}
    return HttpResponse(orjson.dumps(body), content_type="application/json", headers=headers)
