"""Whether the person has to prove once more who they are before an application may know it: `prompt` and `max_age`
(OpenID Connect Core, 3.1.2.1)."""

from __future__ import annotations

import hashlib
import time

from django.http import HttpRequest

from identity.sign_in.recency import proof_time
from text.numbers import parse_number

_ASKED = "oauth_sign_in_asked"  # in the session: digest of the address → when it asked
_MAX_ASKED = 5


def prompts(request: HttpRequest) -> set[str]:
    return set(request.GET.get("prompt", "").split())


def fault(request: HttpRequest) -> str:
    """What is wrong with `max_age`; "" if nothing is."""
    given = request.GET.get("max_age", "")
    return "max_age is not a number of seconds." if given and parse_number(given) is None else ""


def needs_sign_in(request: HttpRequest) -> bool:
    """Whether what the person of the session last gave is too old, or older than the request itself. Of a request
    without a fault."""
    age = parse_number(request.GET.get("max_age", ""))
    proven = proof_time(request)
    if age and time.time() - proven > age:
        return True
    if age == 0 or "login" in prompts(request):
        asked = request.session.get(_ASKED, {}).get(_key(request))
        return asked is None or proven <= asked
    return False


def note_request(request: HttpRequest) -> None:
    """From now on a proof counts for this request. One that was noted before stays as it is."""
    asked = request.session.get(_ASKED, {})
    if _key(request) not in asked:
        latest = dict(sorted(asked.items(), key=lambda one: -float(one[1]))[: _MAX_ASKED - 1])
        request.session[_ASKED] = {**latest, _key(request): time.time()}


def forget_request(request: HttpRequest) -> None:
    """It is answered: the next one like it asks anew."""
    asked = request.session.get(_ASKED, {})
    if _key(request) in asked:
        request.session[_ASKED] = {key: at for key, at in asked.items() if key != _key(request)}


def _key(request: HttpRequest) -> str:
    return hashlib.sha256(request.get_full_path().encode()).hexdigest()[:32]
