"""The page Tokens of a project, a group and the instance: every kind, what used it last, and its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from api.input.parameters import OwnParameters
from pages.effects import Effect, effect
from pages.form_errors import add_service_error
from pages.frame import Frame, render_page
from pages.listing import page_of
from pages.parameters import page_parameters
from portal.tokens import rows
from portal.tokens.forms import AccessTokenForm, DeployTokenForm, WhoseForm
from portal.tokens.rows import TokenRow
from projects.models import Group, Project
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.adapters.reauthentication import confirms_identity
from tokenaccess.policy import Action
from tokens import services


@dataclass(frozen=True, kw_only=True)
class TokenPages(Frame):
    thing = "token"


def _place(request: PageRequest) -> Project | Group:
    place = request.access.target
    if place is None or (isinstance(place, Group) and place.person_id is not None):
        raise Http404("A personal namespace has no tokens of its own.")
    return place


@confirms_identity
@sensitive_variables("secret")
def _tokens(request: PageRequest, **_address: str) -> HttpResponseBase:
    """A POST answers with the page itself: the plain text goes into this one answer and is kept nowhere."""
    place, by, role = _place(request), current_user(request), request.access.facts.role
    wanted = request.POST.get("kind", "") if request.method == "POST" else None
    if wanted not in {None, "access", "deploy"}:
        raise BadRequest(_("%(name)s does not have a valid value") % {"name": "kind"})
    access = AccessTokenForm(request.POST if wanted == "access" else None, by_role=role)
    deploy = DeployTokenForm(request.POST if wanted == "deploy" else None)
    made: Any = None
    secret = ""
    try:
        if wanted == "access" and access.is_valid():
            made, secret = services.create_access_token(place, by=by, by_role=role, **access.cleaned_data)
            access = AccessTokenForm(by_role=role)
        elif wanted == "deploy" and deploy.is_valid():
            made, secret = services.create_deploy_token(place, by=by, **deploy.cleaned_data)
            deploy = DeployTokenForm()
    except ValidationError as error:
        add_service_error(access if wanted == "access" else deploy, error)
    found = rows.rows_of_place(place)
    page = page_of(request, found)
    page.object_list = rows.with_addresses(page.object_list)
    context = {
        "page": page,
        "soon": [row for row in found if row.ends_soon],
        "deploy": deploy,
        "made": made,
        "secret": secret,
    }
    form = deploy if wanted == "deploy" else access
    return render_page(
        request, "portal/tokens/tokens.html", {**context, "access": access}, frame=TokenPages(target=place), form=form
    )


def _revoke(request: PageRequest, credential: str, token_id: int, **_address: str) -> HttpResponseBase:
    """Of a project or group; on the instance, of any."""
    target = request.access.target
    frame = TokenPages(target=None if target is None else _place(request))
    row = _find_row(frame, credential, token_id)
    if row is None or not row.active:
        raise Http404("There is no such token here.")
    token, by = rows.find_token(credential, token_id), current_user(request)
    if not rows.may_end(token, by):
        messages.error(request, _("The runner also serves projects that you do not maintain."))
        return redirect(frame.url())
    if request.method == "POST":
        rows.end_token(token, by=by)
        messages.success(request, _("Token %(name)s revoked.") % {"name": row.name})
        return redirect(frame.url())
    row = rows.with_addresses([row])[0]
    return render_page(request, "portal/tokens/revoke.html", {"row": row, "effects": _effects(row, token)}, frame=frame)


def _effects(row: TokenRow, token: Any) -> list[Effect]:
    """Where it was used from lately, and of one of a group how many projects it opens."""
    group, addresses = getattr(token, "group", None), len(row.addresses)
    below = Project.objects.alive().below(group.pk).count() if group is not None else 0
    words = ngettext("address used it lately:", "addresses used it lately:", addresses)
    return [
        *effect(addresses, words, ", ".join(row.addresses)),
        *effect(below, ngettext("project is out of its reach.", "projects are out of its reach.", below)),
    ]


def _find_row(frame: TokenPages, credential: str, token_id: int) -> TokenRow | None:
    if frame.target is not None:
        return rows.find_row(frame.target, credential, token_id)
    token = rows.find_token(credential, token_id)
    return None if token is None else rows.row_of(token)


def _whose(request: PageRequest) -> HttpResponseBase:
    """What is pasted comes in the body, and is neither kept nor shown again. An address asks for nothing here."""
    page_parameters(request, OwnParameters)
    form = WhoseForm(request.POST or None)
    found: list[TokenRow] | None = None
    if request.method == "POST" and form.is_valid():
        found = rows.in_order(map(rows.row_of, rows.find_tokens(form.cleaned_data["token"].strip())))
        form = WhoseForm()
    return render_page(request, "portal/tokens/whose.html", {"found": found}, frame=TokenPages(target=None), form=form)


def _page(view: Any, action: Action, **by_method: Action) -> Any:
    return requires(action, **by_method)(never_cache(sensitive_post_parameters()(form_page(view))))


project_tokens = _page(_tokens, Action.READ_TOKENS, POST=Action.MANAGE_TOKENS)
project_token_revoke = _page(_revoke, Action.READ_TOKENS, POST=Action.MANAGE_TOKENS)
group_tokens = _page(_tokens, Action.READ_GROUP_TOKENS, POST=Action.MANAGE_GROUP_TOKENS)
group_token_revoke = _page(_revoke, Action.READ_GROUP_TOKENS, POST=Action.MANAGE_GROUP_TOKENS)
instance_tokens = _page(_whose, Action.ADMINISTER)
instance_token_revoke = _page(_revoke, Action.ADMINISTER)
