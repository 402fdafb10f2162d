"""Signing in and out, and one's password."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from identity.forms import PasswordForm, SignInForm
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, public, requires
from tokenaccess.policy import Action

TWO_WEEKS = 14 * 86400


class SignIn(LoginView):
    template_name = "identity/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        # 0: until the browser is closed.
        self.request.session.set_expiry(TWO_WEEKS if form.cleaned_data["remember"] else 0)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "next": self.get_redirect_url()}


sign_in = public(SignIn.as_view())
sign_out = public(LogoutView.as_view())


@requires(Action.USE_INSTANCE)
@sensitive_post_parameters()
@form_page
def password(request: PageRequest) -> HttpResponseBase:
    """Changing it ends every other session; this one goes on."""
    form = PasswordForm(current_user(request), request.POST or None)
    if request.method == "POST" and form.is_valid():
        update_session_auth_hash(request, form.save())
        messages.success(request, _("Password changed. All your other sessions have ended."))
        return redirect("account_password")
    status = 422 if form.errors else 200
    return render(request, "identity/password.html", {"form": form}, status=status)
