"""Which API a client speaks to: the original's version whose contract we keep, and ours as the revision."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from tokenaccess.plain import ApiRequest, api_view, json_response
from tokenaccess.policy import Action

SPEAKS = "16.3.0"
REVISION = "token-access"


def _version() -> dict[str, Any]:
    return {"version": SPEAKS, "revision": REVISION}


@api_view(GET=Action.USE_INSTANCE)
def version(request: ApiRequest) -> HttpResponse:
    return json_response(_version())


@api_view(GET=Action.USE_INSTANCE)
def metadata(request: ApiRequest) -> HttpResponse:
    kas = {"enabled": False, "externalUrl": None, "externalK8sProxyUrl": None, "version": None}
    return json_response({**_version(), "kas": kas, "enterprise": False})
