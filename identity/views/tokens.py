"""One's personal tokens: a list, a form, the plain text of a new one, once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from identity import services
from identity.forms import TokenForm
from identity.models import PersonalToken
from portal.listing import page_of
from tokenaccess.policy import Action
from tokenaccess.web import PageRequest, acting, form_page, requires


@requires(Action.READ_OWN_TOKENS, POST=Action.MANAGE_OWN_TOKENS)
@form_page
@never_cache
@sensitive_variables("secret")
def tokens(request: PageRequest) -> HttpResponseBase:
    """A POST answers with the page itself: the plain text goes into this one answer and is kept nowhere."""
    form = TokenForm(request.POST or None)
    made, secret = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = services.create_token(user=acting(request), by=acting(request), **form.cleaned_data)
            form = TokenForm()
        except ValidationError as error:
            form.add_error(None, error)
    return _page(request, form, made=made, secret=secret)


def _page(request: PageRequest, form: TokenForm, **more: Any) -> HttpResponseBase:
    own = PersonalToken.objects.of(acting(request))
    context = {
        "form": form,
        "page_obj": page_of(request, own.active().order_by("-id")),
        "ended": own.inactive().order_by("-id")[:20],
        "ended_count": own.inactive().count(),
        **more,
    }
    return render(request, "identity/tokens.html", context, status=422 if form.errors else 200)


@requires(Action.READ_OWN_TOKENS, POST=Action.MANAGE_OWN_TOKENS)
@form_page
def revoke(request: PageRequest, token_id: int) -> HttpResponseBase:
    token = get_object_or_404(PersonalToken.objects.of(acting(request)).active(), pk=token_id)
    if request.method == "POST":
        services.revoke_token(token, by=acting(request))
        messages.success(request, _("%(name)s is revoked. It works nowhere any longer.") % {"name": token.name})
        return redirect("account_tokens")
    return render(request, "identity/token_revoke.html", {"token": token, "nav_current": "account_tokens"})
