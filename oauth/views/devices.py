"""Programs without a browser: they show a code, a person types it here and says yes or no (RFC 8628)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from oauthlib.oauth2 import DeviceApplicationServer

from identity.secrets import digest
from identity.sign_in.recency import proof_time
from oauth import attempts
from oauth.models import Application, DeviceGrant
from oauth.scopes import OAuthScope
from oauth.secrets import as_typed, new_user_code
from oauth.views.tokens import ClientView
from pages.frame import render_page
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, public, requires
from tokenaccess.adapters.reauthentication import confirms_identity
from tokenaccess.policy import Action

LIFETIME = 300  # seconds
_GROUP = 4


@method_decorator(never_cache, name="dispatch")
class AuthorizeDevice(ClientView):
    """A program asks for a code to show."""

    server_class = DeviceApplicationServer

    def post(self, request: HttpRequest) -> HttpResponseBase:
        headers, found, status = self.create_device_authorization_response(request)
        if status != 200:
            return HttpResponse(found, status=status, headers=headers, content_type="application/json")
        user_code = new_user_code()
        DeviceGrant.objects.create(
            application=Application.objects.get(client_id=attempts.client_id_of(request)),
            device_code=digest(found["device_code"]),
            user_code=digest(user_code),
            scope=found.get("scope", ""),
            interval=found["interval"],
            expires=timezone.now() + timedelta(seconds=LIFETIME),
        )
        shown = f"{user_code[:_GROUP]}-{user_code[_GROUP:]}"
        address = settings.OAUTH2_PROVIDER["OAUTH_DEVICE_VERIFICATION_URI"]
        answer = {
            "device_code": found["device_code"],
            "user_code": shown,
            "verification_uri": address,
            "verification_uri_complete": f"{address}?user_code={shown}",
            "expires_in": LIFETIME,
            "interval": found["interval"],
        }
        return JsonResponse(answer)


class CodeForm(forms.Form):
    user_code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=gettext_lazy("The one that your device shows, for example BCDF-GHJK."),
    )

    def __init__(self, *args: Any, request: PageRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_user_code(self) -> DeviceGrant:
        """The device that waits under the code. Guesses are counted."""
        name = attempts.name_of_guesser(current_user(self.request))
        if attempts.is_locked(self.request, name):
            raise ValidationError(_("Too many wrong codes. Wait 15 minutes."))
        code = digest(as_typed(self.cleaned_data["user_code"]))
        waiting = DeviceGrant.objects.select_related("application__user").select_for_update(of=("self",))
        grant = waiting.filter(user_code=code, status=DeviceGrant.AUTHORIZATION_PENDING).first()
        if grant is None or grant.is_expired():
            attempts.record_failure(self.request, name)
            raise ValidationError(_("No device waits under this code, or it has expired. Start again on the device."))
        return grant


@requires(Action.READ_OWN_TOKENS, POST=Action.MANAGE_OWN_TOKENS)
@form_page
@never_cache
@confirms_identity
@transaction.atomic
def device(request: PageRequest) -> HttpResponseBase:
    """The code, then the question. The code comes along with the answer: the page keeps nothing."""
    asked = request.method == "POST"
    form = CodeForm(
        request.POST if asked else None, request=request, initial={"user_code": request.GET.get("user_code")}
    )
    if not asked or not form.is_valid():
        return render_page(request, "oauth/device.html", form=form, nav="account_applications")
    grant: DeviceGrant = form.cleaned_data["user_code"]
    decision = request.POST.get("decision")
    if decision not in {"allow", "deny"}:
        scopes = [(scope, OAuthScope(scope).label) for scope in grant.scopes]
        context = {"application": grant.application, "scopes": scopes, "code": request.POST["user_code"]}
        return render_page(request, "oauth/device_confirm.html", context, nav="account_applications")
    grant.status = grant.AUTHORIZED if decision == "allow" else grant.DENIED
    grant.user = current_user(request)
    grant.authenticated_at = datetime.fromtimestamp(proof_time(request), UTC)
    grant.save(update_fields=["status", "user", "authenticated_at"])
    name = {"name": grant.application.name}
    if decision == "allow":
        messages.success(
            request, _("%(name)s may act as you now. Go back to your device, which fetches its token.") % name
        )
    else:
        messages.success(request, _("%(name)s was denied.") % name)
    return redirect("account_applications")


authorize_device = public(AuthorizeDevice.as_view())
