"""Where a SAML provider sends people back to, and what it reads about this server.

The response comes by a form of another site, with no cookie of ours. So it is read there, kept for a moment under a
cookie of its own, and taken by a second request of the same browser, which brings the session that asked for it.
"""

from __future__ import annotations

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.sessions import LoginSession
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from identity.adapters import saml
from identity.adapters.single_sign_on import failure_page
from identity.sign_in.provider import Protocol, single_sign_on
from identity.views.single_sign_on import requires_single_sign_on
from tokenaccess.adapters.pages import public

_KEPT_SECONDS = 120
_KEPT = ("saml_response", "saml-response")


@csrf_exempt
@require_POST
def _callback(request: HttpRequest) -> HttpResponseBase:
    """Nothing is kept of a response that does not count."""
    _require_saml()
    assertion = saml.read_response(request.POST.get("SAMLResponse", ""))
    response = redirect("saml_finish")
    kept = LoginSession(request, *_KEPT)
    kept.store.update({"assertion": list(assertion)})
    kept.store.set_expiry(_KEPT_SECONDS)
    kept.save(response)
    return response


@require_safe
def _finish(request: HttpRequest) -> HttpResponseBase:
    _require_saml()
    kept = LoginSession(request, *_KEPT)
    values = kept.store.get("assertion")
    if not values:
        return failure_page(request)
    kept.delete()
    known = single_sign_on()
    assert known is not None
    provider = get_adapter().get_provider(request, known.id)
    assertion = saml.Assertion(*values)
    login = provider.sociallogin_from_response(request, assertion)
    # Of this browser's session, and once: no second response, and none to another browser, finds it.
    login.state = provider.unstash_redirect_state(request, assertion.request_id)
    response: HttpResponseBase = complete_social_login(request, login)
    return response


@require_safe
def _metadata(request: HttpRequest) -> HttpResponse:
    _require_saml()
    return HttpResponse(saml.metadata(), content_type="application/samlmetadata+xml")


def _require_saml() -> None:
    known = single_sign_on()
    if known is None or known.protocol is not Protocol.SAML:
        raise Http404("There is no SAML here.")


callback = public(csrf_exempt(requires_single_sign_on(_callback)))
finish = public(requires_single_sign_on(_finish))
metadata = public(never_cache(requires_single_sign_on(_metadata)))
