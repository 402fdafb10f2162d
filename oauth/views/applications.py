"""One's own applications and the instance's, and those that one lets act for oneself."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from identity.models import User
from oauth.forms import ApplicationForm, TrustedApplicationForm, values_of
from oauth.models import AccessToken, Application, RefreshToken
from oauth.querysets import ApplicationQuerySet
from oauth.services import applications as services
from oauth.services.tokens import revoke_authorization
from pages.effects import Effect, effect
from pages.form_errors import add_service_error
from pages.frame import render_page
from pages.listing import page_of
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.adapters.reauthentication import confirms_identity
from tokenaccess.policy import Action


@dataclass(frozen=True)
class Pages:
    """The pages of a person's applications, or of the instance's."""

    kind: str

    def owner(self, request: PageRequest) -> User | None:
        return None if self.kind == "instance" else current_user(request)

    def rows(self, request: PageRequest) -> ApplicationQuerySet:
        owner = self.owner(request)
        return Application.objects.of_instance() if owner is None else Application.objects.of_person(owner)

    def form(self, *args: Any, **more: Any) -> ApplicationForm:
        return (TrustedApplicationForm if self.kind == "instance" else ApplicationForm)(*args, **more)

    def context(self, application: Application | None = None) -> dict[str, Any]:
        """Where the links of a page lead: one page of one application for each name."""
        names = () if application is None else ("", "_renew", "_delete")
        urls = {
            f"url{name}": reverse(f"{self.kind}_application{name}", args=[application.pk])
            for name in names
            if application
        }
        return {
            "base": "base_instance.html" if self.kind == "instance" else "base_account.html",
            "of_instance": self.kind == "instance",
            "one": f"{self.kind}_application",
            "list_url": reverse(f"{self.kind}_applications"),
            "application": application,
            **urls,
        }

    def render(
        self, request: PageRequest, template: str, application: Application | None = None, **more: Any
    ) -> HttpResponseBase:
        form = more.pop("form", None)
        context = {**self.context(application), **more}
        return render_page(request, f"oauth/{template}.html", context, form=form, nav=f"{self.kind}_applications")

    def get(self, request: PageRequest, application_id: int) -> Application:
        return get_object_or_404(self.rows(request), pk=application_id)


def _page(view: Any, pages: Pages, *, makes_secrets: bool = True) -> Any:
    page = wraps(view)(partial(view, pages))
    action = Action.ADMINISTER if pages.kind == "instance" else Action.READ_OWN_TOKENS
    changes = Action.ADMINISTER if pages.kind == "instance" else Action.MANAGE_OWN_TOKENS
    return requires(action, POST=changes)(form_page(never_cache(confirms_identity(page) if makes_secrets else page)))


@sensitive_variables("secret")
def _applications(pages: Pages, request: PageRequest) -> HttpResponseBase:
    """A POST answers with the page itself: the secret goes into this one answer and is kept nowhere."""
    form = pages.form(request.POST or None)
    made, secret = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            owner, by = pages.owner(request), current_user(request)
            made, secret = services.create_application(owner=owner, by=by, **form.values)
            form = pages.form()
        except ValidationError as error:
            add_service_error(form, error)
    return pages.render(
        request,
        "applications",
        form=form,
        page_obj=page_of(request, pages.rows(request).order_by("-id")),
        authorized=page_of(
            request,
            [] if pages.kind == "instance" else _applications_of(current_user(request)),
            "authorized_page",
        ),
        made=made,
        secret=secret,
    )


def _applications_of(person: User) -> list[dict[str, Any]]:
    """Each with all scopes that its tokens have, and when and from where it last used one."""
    found = []
    by_application = defaultdict(list)
    for token in AccessToken.objects.filter(user=person, revoked=False).order_by("-id"):
        by_application[token.application_id].append(token)
    for application in Application.objects.authorized_by(person).select_related("user"):
        tokens = by_application[application.pk]
        scopes = list(dict.fromkeys(scope for token in tokens for scope in token.scopes))
        used = max((token.last_used_at for token in tokens if token.last_used_at), default=None)
        addresses = next((token.last_used_ips for token in tokens if token.last_used_at == used), [])
        since = min((token.created for token in tokens), default=None)
        row = {"application": application, "scopes": scopes, "since": since, "used": used, "addresses": addresses}
        found.append(row)
    return found


@sensitive_variables("secret")
def _application(pages: Pages, request: PageRequest, application_id: int) -> HttpResponseBase:
    application = pages.get(request, application_id)
    form = pages.form(request.POST or None, initial=values_of(application))
    secret = ""
    if request.method == "POST" and form.is_valid():
        try:
            secret = services.update_application(application, by=current_user(request), **form.values)
            if not secret:
                messages.success(request, _("Application %(name)s saved.") % {"name": application.name})
                return redirect(f"{pages.kind}_application", application.pk)
        except ValidationError as error:
            application = pages.get(request, application_id)
            add_service_error(form, error)
    return pages.render(request, "application", application, form=form, secret=secret)


@sensitive_variables("secret")
def _renew(pages: Pages, request: PageRequest, application_id: int) -> HttpResponseBase:
    application = pages.get(request, application_id)
    if request.method == "POST" and application.confidential:
        secret = services.renew_secret(application, by=current_user(request))
        return pages.render(
            request, "application", application, form=pages.form(initial=values_of(application)), secret=secret
        )
    return pages.render(request, "application_renew", application)


def _delete(pages: Pages, request: PageRequest, application_id: int) -> HttpResponseBase:
    application = pages.get(request, application_id)
    if request.method == "POST":
        services.delete_application(application, by=current_user(request))
        messages.success(request, _("Application %(name)s deleted.") % {"name": application.name})
        return redirect(f"{pages.kind}_applications")
    return pages.render(request, "application_delete", application, effects=_effects_of_deletion(application))


def _effects_of_deletion(application: Application) -> list[Effect]:
    tokens = AccessToken.objects.filter(application=application).active().count()
    people = RefreshToken.objects.filter(application=application, revoked=None).values("user").distinct().count()
    return [
        *effect(tokens, ngettext("token stops working.", "tokens stop working.", tokens)),
        *effect(people, ngettext("person is signed in with it.", "people are signed in with it.", people)),
    ]


def _revoke(pages: Pages, request: PageRequest, application_id: int) -> HttpResponseBase:
    """Of somebody else's application, too: it is about what it may do as oneself."""
    person = current_user(request)
    application = get_object_or_404(Application.objects.authorized_by(person), pk=application_id)
    if request.method == "POST":
        revoke_authorization(application, person, by=person)
        messages.success(request, _("%(name)s can no longer act as you.") % {"name": application.name})
        return redirect("account_applications")
    context = {**pages.context(), "application": application, **_revocation(application, person)}
    return render_page(request, "oauth/authorization_revoke.html", context, nav="account_applications")


def _revocation(application: Application, person: User) -> dict[str, Any]:
    own = AccessToken.objects.filter(application=application, user=person)
    active = own.active().count()
    signed_in = RefreshToken.objects.filter(application=application, user=person, revoked=None).count()
    return {
        "last_used_at": own.aggregate(last=Max("last_used_at"))["last"],
        "effects": [
            *effect(active, ngettext("token stops working.", "tokens stop working.", active)),
            *effect(signed_in, ngettext("sign-in ends.", "sign-ins end.", signed_in)),
        ],
    }


_ACCOUNT, _INSTANCE = Pages("account"), Pages("instance")
applications, instance_applications = _page(_applications, _ACCOUNT), _page(_applications, _INSTANCE)
application, instance_application = _page(_application, _ACCOUNT), _page(_application, _INSTANCE)
renew, instance_renew = _page(_renew, _ACCOUNT), _page(_renew, _INSTANCE)
delete, instance_delete = _page(_delete, _ACCOUNT, makes_secrets=False), _page(_delete, _INSTANCE, makes_secrets=False)
revoke = _page(_revoke, _ACCOUNT, makes_secrets=False)
