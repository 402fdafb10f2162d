"""`@confirms_identity` on a page that makes secrets: a session left open somewhere must not be enough for it.

@requires(Action.MANAGE_TOKENS)
@confirms_identity
def tokens(request): ...

Unless the person signed in a short while ago (`identity.sign_in.recency`), the page asks for the password or a second
factor first. What was posted goes along in the meantime: nothing has to be filled in twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial, wraps
from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import begin_authentication
from allauth.socialaccount.models import SocialAccount
from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from identity.models import User
from identity.sign_in.codes import ConfirmationCodeForm
from identity.sign_in.flow import through_allauth
from identity.sign_in.passkeys import ConfirmationPasskeyForm
from identity.sign_in.provider import single_sign_on
from identity.sign_in.recency import is_recent, record_proof
from identity.sign_in.users import current_user

View = Callable[..., HttpResponseBase]
_OWN = "confirm-"  # what the names of our own fields begin with


class ConfirmationForm(forms.Form):
    """One of the fields is enough; which of them there are depends on the person."""

    prefix = _OWN.rstrip("-")
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    code = forms.CharField(
        label=_("Code of your authenticator app, or a recovery code"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )
    credential = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.types = set(Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True))
        has = {
            "password": user.has_usable_password(),
            "code": not self.types.isdisjoint({Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES}),
            "credential": Authenticator.Type.WEBAUTHN in self.types,
        }
        for name in [name for name, there in has.items() if not there]:
            del self.fields[name]
        if len(self.fields) == 1:
            next(iter(self.fields.values())).required = True

    def clean(self) -> dict[str, Any]:
        given = {name: value for name, value in self.cleaned_data.items() if value}
        if not given and not self.errors:
            raise forms.ValidationError(_("Give one of them."))
        for name, value in given.items():
            self._check(name, value)
        return given

    def _check(self, name: str, value: str) -> None:
        if name == "password":
            if authenticate(context.request, username=self.user.username, password=value) != self.user:
                self.add_error("password", _("The password is incorrect."))
            return
        form = (
            ConfirmationCodeForm(user=self.user, data={"code": value})
            if name == "code"
            else ConfirmationPasskeyForm(user=self.user, data={"credential": value})
        )
        if form.is_valid():
            form.save()
        else:
            self.add_error(None if name == "credential" else name, form.errors[name])


def confirms_identity(view: View, *, methods: Collection[str] = ("POST",)) -> View:
    """`methods`: those that ask; more than changes for a page that shows a secret as soon as it is opened."""

    @wraps(view)
    def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        proceed = partial(view, request, *args, **kwargs)
        return confirm_identity(request, proceed) if request.method in methods and not is_recent(request) else proceed()

    return gated


def confirm_identity(request: HttpRequest, proceed: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Asks however recently it was confirmed; then the answer of `proceed`, or the page again that was opened."""
    confirm = never_cache(sensitive_post_parameters()(through_allauth(_confirm)))
    response: HttpResponseBase = confirm(request, proceed)
    return response


def _confirm(request: HttpRequest, proceed: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The view's answer to what was posted, once it is confirmed."""
    answers = any(name.startswith(_OWN) for name in request.POST)
    user = current_user(request)
    form = ConfirmationForm(user, request.POST if answers else None)
    if answers and form.is_valid():
        record_proof(request)
        opened = "confirm_open" in request.POST  # it was the page itself that asked
        return redirect(request.get_full_path()) if opened else proceed()
    return _page(request, form)


def _page(request: HttpRequest, form: ConfirmationForm) -> HttpResponse:
    opened = request.method != "POST" or "confirm_open" in request.POST
    skipped = (_OWN, "csrfmiddlewaretoken", "confirm_open")
    posted = [(name, value) for name, values in request.POST.lists() for value in values]
    values: dict[str, Any] = {
        "form": form,
        "opened": opened,
        "posted": [(name, value) for name, value in posted if not name.startswith(skipped)],
        "options": begin_authentication(form.user) if "credential" in form.fields else None,
    }
    known = single_sign_on()
    if known is not None and SocialAccount.objects.filter(user_id=form.user.pk).exists():
        values["single_sign_on"] = known.name
    return render(request, "identity/confirm.html", values, status=403)
