"""One's personal tokens: a list, a form, the plain text of a new one, once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from identity import services
from identity.forms import TokenForm
from identity.models import PersonalToken
from pages.form_errors import add_service_error
from pages.frame import render_page
from pages.listing import page_of
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.adapters.reauthentication import confirms_identity
from tokenaccess.policy import Action


@requires(Action.READ_OWN_TOKENS, POST=Action.MANAGE_OWN_TOKENS)
@form_page
@never_cache
@confirms_identity
@sensitive_variables("secret")
def tokens(request: PageRequest) -> HttpResponseBase:
    """A POST answers with the page itself: the plain text goes into this one answer and is kept nowhere."""
    form = TokenForm(request.POST or None)
    made, secret = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = services.create_token(
                user=current_user(request), by=current_user(request), **form.cleaned_data
            )
            form = TokenForm()
        except ValidationError as error:
            add_service_error(form, error)
    return _page(request, form, made=made, secret=secret)


def _page(request: PageRequest, form: TokenForm, **more: Any) -> HttpResponseBase:
    own = PersonalToken.objects.for_user(current_user(request))
    context = {
        "page_obj": page_of(request, own.active().order_by("-id")),
        "soon": [token for token in own.active().order_by("expires_at") if token.expires_soon],
        "ended": own.inactive().order_by("-id")[:20],
        "ended_count": own.inactive().count(),
        **more,
    }
    return render_page(request, "identity/tokens.html", context, form=form)


@requires(Action.READ_OWN_TOKENS, POST=Action.MANAGE_OWN_TOKENS)
@form_page
def revoke(request: PageRequest, token_id: int) -> HttpResponseBase:
    token = get_object_or_404(PersonalToken.objects.for_user(current_user(request)).active(), pk=token_id)
    if request.method == "POST":
        services.revoke_token(token, by=current_user(request))
        messages.success(request, _("Token %(name)s revoked.") % {"name": token.name})
        return redirect("account_tokens")
    return render_page(request, "identity/token_revoke.html", {"token": token}, nav="account_tokens")
