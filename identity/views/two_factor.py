"""One's second factors: allauth's own views in our frame, reached by people who just proved who they are."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse_lazy
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from identity.sign_in.codes import claim
from identity.sign_in.flow import View, through_allauth
from identity.sign_in.two_factor import has_passkeys, is_limited_to_setup
from pages.effects import effect
from pages.frame import render_page
from tokenaccess.adapters.pages import PageRequest, current_user, public, requires
from tokenaccess.adapters.reauthentication import confirms_identity
from tokenaccess.policy import Action

_NAV = {"nav_current": "mfa_index"}
_METHODS = ("GET", "HEAD", "POST")


class Authenticate(AuthenticateView):
    """The second question of signing in."""

    template_name = "identity/authenticate.html"


class Activate(ActivateTOTPView):
    template_name = "identity/totp_activate.html"
    extra_context = _NAV

    def form_valid(self, form: Any) -> HttpResponseBase:
        """The code that turned the app on does not sign in as well."""
        response = super().form_valid(form)
        totp = Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.TOTP)
        claim(totp, form.cleaned_data["code"])
        return response


def _removal(removed: Authenticator) -> dict[str, Any]:
    """What is left of the person's factors. Recovery codes go with the last of the others."""
    factors = Authenticator.objects.filter(user_id=removed.user_id).exclude(pk=removed.pk)
    codes = factors.filter(type=Authenticator.Type.RECOVERY_CODES).first()
    left = factors.exclude(type=Authenticator.Type.RECOVERY_CODES).count()
    unused = len(codes.wrap().get_unused_codes()) if codes and not left else 0
    effects = [
        *effect(left, ngettext("other factor still works.", "other factors still work.", left)),
        *effect(unused, ngettext("recovery code stops working.", "recovery codes stop working.", unused)),
    ]
    return {"effects": effects, "is_last": not left, "last_used_at": removed.last_used_at}


class Deactivate(DeactivateTOTPView):
    template_name = "identity/totp_deactivate.html"
    extra_context = _NAV

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        totp = Authenticator.objects.get(user_id=self.request.user.pk, type=Authenticator.Type.TOTP)
        return {**super().get_context_data(**kwargs), **_removal(totp)}


class AddPasskey(AddWebAuthnView):
    template_name = "identity/passkey_add.html"
    extra_context = _NAV

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not has_passkeys():
            raise Http404("Passkeys need an address with a name, by https.")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The form that was sent, where it has errors: allauth's own view puts a new one in its place."""
        return {**super().get_context_data(**kwargs), **kwargs}


class RemovePasskey(RemoveWebAuthnView):
    template_name = "identity/passkey_remove.html"
    extra_context = _NAV
    success_url = reverse_lazy("mfa_index")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **_removal(self.object)}


class RecoveryCodes(ViewRecoveryCodesView):
    template_name = "identity/recovery_codes.html"
    extra_context = _NAV

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "codes_text": "\n".join(context["unused_codes"])}


class NewRecoveryCodes(GenerateRecoveryCodesView):
    template_name = "identity/recovery_codes_new.html"
    extra_context = _NAV


@requires(Action.USE_INSTANCE)
def two_factor(request: PageRequest) -> HttpResponseBase:
    rows = list(Authenticator.objects.filter(user_id=current_user(request).pk).order_by("created_at"))
    by_type: dict[str, list[Authenticator]] = {}
    for row in rows:
        by_type.setdefault(row.type, []).append(row)
    codes = by_type.get(Authenticator.Type.RECOVERY_CODES)
    context: dict[str, Any] = {
        "totp": by_type.get(Authenticator.Type.TOTP),
        "required": is_limited_to_setup(request),
        "has_passkeys": has_passkeys(),
        "keys": [(row, row.wrap()) for row in by_type.get(Authenticator.Type.WEBAUTHN, [])],
        "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else None,
    }
    return render_page(request, "identity/two_factor.html", context)


def _page(view: View) -> View:
    """Each method asks, and there is no other: allauth's forms take a PUT for a POST."""
    inner = sensitive_post_parameters()(confirms_identity(through_allauth(view), methods=_METHODS))
    return requires(Action.USE_INSTANCE)(never_cache(require_http_methods(_METHODS)(inner)))


authenticate = public(sensitive_post_parameters()(through_allauth(Authenticate.as_view())))
activate_totp = _page(Activate.as_view())
deactivate_totp = _page(Deactivate.as_view())
add_passkey = _page(AddPasskey.as_view())
remove_passkey = _page(RemovePasskey.as_view())
recovery_codes = _page(RecoveryCodes.as_view())
new_recovery_codes = _page(NewRecoveryCodes.as_view())
