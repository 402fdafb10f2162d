"""To the provider and back, and which of its subjects one is."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from audit import services as audit
from identity.adapters.single_sign_on import Provider, failure_page
from identity.sign_in.flow import View, through_allauth
from identity.sign_in.provider import Protocol, SingleSignOn, single_sign_on
from pages.effects import effect
from pages.frame import render_page
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, public, requires
from tokenaccess.adapters.reauthentication import confirms_identity
from tokenaccess.policy import Action

# What a provider's answer that is not as it should be leads to.
_WRONG = (AttributeError, IntegrityError, LookupError, OAuth2Error, RequestException, TypeError, ValueError)


def requires_single_sign_on(view: View) -> View:
    """404 without a provider; a page with a sentence for whatever goes wrong there."""

    @never_cache
    @through_allauth
    def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if single_sign_on() is None:
            raise Http404("There is no single sign-on here.")
        try:
            return view(request, *args, **kwargs)
        except (*_WRONG, PermissionDenied, ValidationError):
            return failure_page(request)

    return gated


def _provider() -> SingleSignOn:
    """Of a `requires_single_sign_on` view."""
    known = single_sign_on()
    assert known is not None
    return known


def _leave(request: HttpRequest, process: str, next_url: str) -> HttpResponse:
    """By a page that leads there: the content security policy lets no form end at another server."""
    known = _provider()
    provider = get_adapter().get_provider(request, known.id)
    response = provider.redirect(request, process=process, next_url=next_url)
    if "Location" not in response:
        return failure_page(request)
    address = {"address": response["Location"], "single_sign_on": known.name}
    return render(request, "identity/single_sign_on_leave.html", address)


@require_POST
def _begin(request: HttpRequest) -> HttpResponse:
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return _leave(request, AuthProcess.LOGIN, wanted if safe else "")


@require_safe
def _callback(request: HttpRequest) -> HttpResponseBase:
    known = _provider()
    if known.protocol is not Protocol.OPENID_CONNECT:
        raise Http404("There is no OpenID Connect here.")
    view = OAuth2CallbackView.adapter_view(Provider(request, known.id))
    response: HttpResponseBase = view(request)
    return response


@require_POST
def _link(request: PageRequest) -> HttpResponse:
    return _leave(request, AuthProcess.CONNECT, "")


@require_safe
def _links(request: PageRequest) -> HttpResponse:
    rows = SocialAccount.objects.filter(user_id=current_user(request).pk).order_by("date_joined")
    context = {"rows": rows, "single_sign_on": _provider().name, "can_unlink": _can_unlink(request)}
    return render_page(request, "identity/single_sign_on.html", context)


@form_page
def _unlink(request: PageRequest, pk: int) -> HttpResponseBase:
    user = current_user(request)
    row = get_object_or_404(SocialAccount, user_id=user.pk, pk=pk)
    if not _can_unlink(request):
        messages.error(request, _("You have no password. Without this, you could not sign in."))
        return redirect("socialaccount_connections")
    if request.method == "POST":
        row.delete()
        message = f"{row.uid} of {row.provider} signs in as {user.username} no longer"
        audit.record("single_sign_on_unlinked", message, by=user, on=user, path=user.username)
        messages.success(request, _("Unlinked."))
        return redirect("socialaccount_connections")
    others = SocialAccount.objects.filter(user_id=user.pk).exclude(pk=row.pk).count()
    what = ngettext("other account still signs you in.", "other accounts still sign you in.", others)
    context = {"row": row, "effects": effect(others, what)}
    return render_page(request, "identity/single_sign_on_unlink.html", context, nav="socialaccount_connections")


def _can_unlink(request: PageRequest) -> bool:
    user = current_user(request)
    return user.has_usable_password() or SocialAccount.objects.filter(user_id=user.pk).count() > 1


begin = public(requires_single_sign_on(_begin))
callback = public(requires_single_sign_on(_callback))
links = requires(Action.USE_INSTANCE)(requires_single_sign_on(_links))
link = requires(Action.USE_INSTANCE)(confirms_identity(requires_single_sign_on(_link)))
unlink = requires(Action.USE_INSTANCE)(confirms_identity(requires_single_sign_on(_unlink)))
