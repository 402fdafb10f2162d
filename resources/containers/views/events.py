"""Where the registry reports what happened in it."""

from __future__ import annotations

import orjson
from django.http import HttpRequest, HttpResponse

from api.operations import Operation
from api.rest import ApiError
from resources.containers import events
from resources.containers.api.event_serializers import RegistryEventsSerializer
from resources.containers.engine.config import is_event_secret
from tokenaccess.access.gate import deny_unknown
from tokenaccess.adapters.drf import with_denial_id
from tokenaccess.adapters.method_dispatch import dispatch_by_method
from tokenaccess.adapters.plain import error_response
from tokenaccess.policy import Action

MEDIA_TYPE = "application/vnd.docker.distribution.events.v2+json"


def _store(request: HttpRequest) -> HttpResponse:
    """Take the events that the registry reports."""
    # What cannot be read is passed over: refused, it would come again without end (resources.md §3.4).
    if not is_event_secret(request.headers.get("Authorization", "")):
        return error_response(with_denial_id(ApiError(401, "401 Unauthorized"), deny_unknown(Action.ADMINISTER)))
    try:
        envelope = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        envelope = {}
    events.store(envelope.get("events") if isinstance(envelope, dict) else None)
    return HttpResponse(status=204)


_store.own_credential = "the secret of the registry's configuration"  # type: ignore[attr-defined]
_store.operations = {  # type: ignore[attr-defined]
    "POST": Operation(status=204, security="registry", upload=MEDIA_TYPE, content=RegistryEventsSerializer)
}
receive = dispatch_by_method(POST=_store)
