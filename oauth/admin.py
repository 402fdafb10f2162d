"""Applications and what people let them do, in the administration: to look at and to end. The portal's pages change
them, for a secret is shown once and kept nowhere."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from audit.read_only_admin import ReadOnlyAdmin, explain
from identity.sign_in.users import current_user
from oauth.models import AccessToken, Application, DeviceGrant, Grant, RefreshToken
from oauth.scopes import OAuthScope
from oauth.services.applications import delete_application
from oauth.services.tokens import revoke_token

# The toolkit registers pages of its own, which show and change too much.
for model in (AccessToken, Application, DeviceGrant, Grant, RefreshToken):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Application)
class ApplicationAdmin(ReadOnlyAdmin):
    list_display = ("name", "owner", "client_id", "client_type", "trusted", "client_credentials", "created")
    list_filter = ("client_type", "skip_authorization", "client_credentials", "created")
    list_select_related = ("user",)
    search_fields = ("name", "client_id", "user__username")
    fields = readonly_fields = (
        "name", "owner", "client_id", "client_type", "redirect_uris", "scopes_explained", "trusted",
        "client_credentials", "created", "updated",
    )  # fmt: skip
    actions = ("delete_with_tokens",)
    scopes_explained = explain("scopes", dict(OAuthScope.choices))

    @admin.display(description=_("belongs to"))
    def owner(self, application: Application) -> str:
        return str(_("the instance")) if application.user is None else application.user.username

    @admin.display(boolean=True, description=_("trusted"))
    def trusted(self, application: Application) -> bool:
        return application.trusted

    @admin.action(description=_("Delete the selected applications and all their tokens"), permissions=["view"])
    def delete_with_tokens(self, request: HttpRequest, applications: QuerySet[Application]) -> None:
        chosen = list(applications.select_related("user"))
        for application in chosen:
            delete_application(application, by=current_user(request))
        text = ngettext(
            "%(n)d application deleted, with all its tokens.",
            "%(n)d applications deleted, with all their tokens.",
            len(chosen),
        )
        self.message_user(request, text % {"n": len(chosen)})


@admin.register(AccessToken)
class AccessTokenAdmin(ReadOnlyAdmin):
    list_display = ("application", "user", "scope", "created", "last_used_at", "expires", "in_use")
    list_filter = ("revoked", "created")
    list_select_related = ("application__user", "user")
    search_fields = ("application__name", "application__client_id", "user__username")
    fields = readonly_fields = (
        "application", "user", "scopes_explained", "created", "last_used_at", "expires", "revoked",
    )  # fmt: skip
    actions = ("revoke",)
    scopes_explained = explain("scope", dict(OAuthScope.choices))

    @admin.display(boolean=True, description=_("in use"))
    def in_use(self, token: AccessToken) -> bool:
        return token.active

    @admin.action(description=_("Revoke the selected tokens, and the refresh tokens with them"), permissions=["view"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[AccessToken]) -> None:
        active = list(tokens.filter(revoked=False).select_related("application", "user"))
        for token in active:
            revoke_token(token, by=current_user(request))
        text = ngettext("%(n)d token revoked.", "%(n)d tokens revoked.", len(active))
        self.message_user(request, text % {"n": len(active)})
