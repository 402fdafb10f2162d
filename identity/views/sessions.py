"""Signing in and out, one's password, and the sessions that go on."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters

from identity.adapters.accounts import REMEMBER
from identity.forms import PasswordForm, SignInForm
from identity.sign_in.flow import through_allauth
from identity.sign_in.provider import single_sign_on
from identity.sign_in.sessions import end_sessions, list_sessions
from identity.sign_in.stages import login_by_password
from pages.frame import render_page
from text.numbers import parse_number
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, public, requires
from tokenaccess.policy import Action


class SignIn(LoginView):
    template_name = "identity/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        """A second factor is asked for next, if the person has one."""
        user = form.get_user()
        self.request.session[REMEMBER] = form.cleaned_data["remember"]
        login = login_by_password(user, self.get_success_url())
        response: HttpResponse = perform_password_login(self.request, {"username": user.username}, login)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = single_sign_on()
        name = known.name if known else ""
        return {**super().get_context_data(**kwargs), "next": self.get_redirect_url(), "single_sign_on": name}


sign_in = public(through_allauth(SignIn.as_view()))
sign_out = public(LogoutView.as_view())


@requires(Action.USE_INSTANCE)
@sensitive_post_parameters()
@form_page
def password(request: PageRequest) -> HttpResponseBase:
    """Changing it ends every other session; this one goes on."""
    form = PasswordForm(request, current_user(request), request.POST or None)
    if request.method == "POST" and form.is_valid():
        update_session_auth_hash(request, form.save())
        UserSession.objects.create_from_request(request)  # under its new key
        messages.success(request, _("Password changed. All your other sessions have ended."))
        return redirect("account_password")
    status = 422 if form.errors else 200
    return render(request, "identity/password.html", {"form": form}, status=status)


@requires(Action.USE_INSTANCE)
@form_page
def sessions(request: PageRequest) -> HttpResponseBase:
    """A POST ends the session of the id `session`, or without one all but this."""
    user, key = current_user(request), request.session.session_key or ""
    if request.method == "POST":
        given = request.POST.get("session", "")
        only = parse_number(given)
        if given and only is None:
            return redirect("account_sessions")
        count = end_sessions(user, by=user, only=only, keep=key)
        messages.success(request, ngettext("One session ended.", "%(count)d sessions ended.", count) % {"count": count})
        return redirect("account_sessions")
    rows = [(row, row.session_key == key) for row in list_sessions(user)]
    return render_page(request, "identity/sessions.html", {"rows": rows})
