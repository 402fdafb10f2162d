"""`/_/oidc/`: what clients of PyPI ask for trusted publishing (resources.md §2.2.1)."""

from __future__ import annotations

from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from resources.packages.publishers.mint import AUDIENCE, MintError, mint_upload_token
from tokenaccess.adapters.pages import public
from tokenaccess.adapters.plain import json_response

_NO_STORE = {"Cache-Control": "no-store"}


@public
@require_safe
def audience(request: HttpRequest) -> HttpResponse:
    return json_response({"audience": AUDIENCE})


@public  # the ID token in the body is the credential
@csrf_exempt
@require_POST
def mint_token(request: HttpRequest) -> HttpResponse:
    try:
        minted = mint_upload_token(_id_token(request))
    except MintError as error:
        return _refuse(error)
    body = {"success": True, "token": minted.secret, "expires": int(minted.expires_at.timestamp())}
    return json_response(body, headers=_NO_STORE)


def _id_token(request: HttpRequest) -> str:
    try:
        body: Any = orjson.loads(request.body)
    except (orjson.JSONDecodeError, RequestDataTooBig):
        raise MintError("invalid-payload", "the body is not JSON, or too long") from None
    if not isinstance(body, dict) or not isinstance(body.get("token"), str):
        raise MintError("invalid-payload", "token: a text is required")
    if unknown := sorted(body.keys() - {"token"}):
        raise MintError("invalid-payload", f"{', '.join(unknown)}: not known here")
    token: str = body["token"]
    return token


def _refuse(error: MintError) -> HttpResponse:
    errors = [{"code": error.code, "description": error.description}]
    response = json_response({"message": "Token request failed", "errors": errors}, 422, _NO_STORE)
    response._has_been_logged = True  # type: ignore[attr-defined] # nothing for the server's log
    return response
