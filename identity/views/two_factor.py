"""One's second factors: allauth's own views in our frame, reached by people who just proved who they are."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from identity.sign_in.flow import View, through_allauth
from pages.frame import render_page
from tokenaccess.adapters.pages import PageRequest, current_user, public, requires
from tokenaccess.adapters.reauthentication import confirms_identity_first
from tokenaccess.policy import Action

_NAV = {"nav_current": "mfa_index"}


class Authenticate(AuthenticateView):
    """The second question of signing in."""

    template_name = "identity/authenticate.html"


class Activate(ActivateTOTPView):
    template_name = "identity/totp_activate.html"
    extra_context = _NAV


class Deactivate(DeactivateTOTPView):
    template_name = "identity/totp_deactivate.html"
    extra_context = _NAV


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
        "keys": [(row, row.wrap()) for row in by_type.get(Authenticator.Type.WEBAUTHN, [])],
        "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else None,
    }
    return render_page(request, "identity/two_factor.html", context)


def _page(view: View) -> View:
    inner = sensitive_post_parameters()(confirms_identity_first(through_allauth(view)))
    return requires(Action.USE_INSTANCE)(never_cache(inner))


authenticate = public(sensitive_post_parameters()(through_allauth(Authenticate.as_view())))
activate_totp = _page(Activate.as_view())
deactivate_totp = _page(Deactivate.as_view())
recovery_codes = _page(RecoveryCodes.as_view())
new_recovery_codes = _page(NewRecoveryCodes.as_view())
