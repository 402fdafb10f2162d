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
from identity.forms import FineGrainedTokenForm, TokenForm
from identity.models import PersonalToken
from pages.form_errors import add_service_error
from pages.frame import render_page
from pages.listing import page_of
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.adapters.reauthentication import confirms_identity
from tokenaccess.policy import Action
from tokenaccess.policy.granular import GRANULAR


@requires(Action.READ_OWN_TOKENS, POST=Action.MANAGE_OWN_TOKENS)
@form_page
@never_cache
@confirms_identity
@sensitive_variables("secret")
def tokens(request: PageRequest) -> HttpResponseBase:
    """A POST answers with the page itself: the plain text goes into this one answer and is kept nowhere."""
    user = current_user(request)
    is_fine = request.POST.get("kind") == "fine"
    form = TokenForm(request.POST if request.method == "POST" and not is_fine else None)
    fine = FineGrainedTokenForm(request.POST if is_fine else None, user=user)
    made, secret = None, ""
    sent: TokenForm | FineGrainedTokenForm = fine if is_fine else form
    if request.method == "POST" and sent.is_valid():
        try:
            made, secret = services.create_token(user=user, by=user, **_token_fields(sent.cleaned_data))
            form, fine = TokenForm(), FineGrainedTokenForm(user=user)
        except ValidationError as error:
            add_service_error(sent, error)
    own = PersonalToken.objects.for_user(user)
    context = {
        "page_obj": page_of(request, own.active().order_by("-id")),
        "soon": [token for token in own.active().order_by("expires_at") if token.expires_soon],
        "ended": own.inactive().order_by("-id")[:20],
        "ended_count": own.inactive().count(),
        "plain": form,
        "fine": fine,
        "made": made,
        "secret": secret,
    }
    return render_page(request, "identity/tokens.html", context, form=fine if is_fine and fine.is_bound else form)


def _token_fields(given: dict[str, Any]) -> dict[str, Any]:
    names = ("name", "expires_at", "scopes", "granular_scopes")
    wanted = {name: given[name] for name in names if name in given}
    return {**wanted, "scopes": [GRANULAR]} if "granular_scopes" in wanted else wanted


@requires(Action.READ_OWN_TOKENS, POST=Action.MANAGE_OWN_TOKENS)
@form_page
def revoke(request: PageRequest, token_id: int) -> HttpResponseBase:
    token = get_object_or_404(PersonalToken.objects.for_user(current_user(request)).active(), pk=token_id)
    if request.method == "POST":
        services.revoke_token(token, by=current_user(request))
        messages.success(request, _("Token %(name)s revoked.") % {"name": token.name})
        return redirect("account_tokens")
    return render_page(request, "identity/token_revoke.html", {"token": token}, nav="account_tokens")
