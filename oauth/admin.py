"""Applications and what people let them do, in the administration: to look at and to end. The portal's pages change
them, for a secret is shown once and kept nowhere."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.read_only_admin import ReadOnlyAdmin
from identity.sign_in.users import current_user
from oauth.models import AccessToken, Application, DeviceGrant, Grant, RefreshToken
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
        "name", "owner", "client_id", "client_type", "redirect_uris", "scopes", "trusted", "client_credentials",
        "created", "updated",
    )  # fmt: skip
    actions = ("delete_with_tokens",)

    @admin.display(description="belongs to")
    def owner(self, application: Application) -> str:
        return "the instance" if application.user is None else application.user.username

    @admin.display(boolean=True)
    def trusted(self, application: Application) -> bool:
        return application.trusted

    @admin.action(description="Delete the selected applications and all their tokens", permissions=["view"])
    def delete_with_tokens(self, request: HttpRequest, applications: QuerySet[Application]) -> None:
        for application in applications.select_related("user"):
            delete_application(application, by=current_user(request))
        self.message_user(request, "The applications and their tokens are gone.")


@admin.register(AccessToken)
class AccessTokenAdmin(ReadOnlyAdmin):
    list_display = ("application", "user", "scope", "created", "last_used_at", "expires", "in_use")
    list_filter = ("revoked", "created")
    list_select_related = ("application__user", "user")
    search_fields = ("application__name", "application__client_id", "user__username")
    fields = readonly_fields = ("application", "user", "scope", "created", "last_used_at", "expires", "revoked")
    actions = ("revoke",)

    @admin.display(boolean=True, description="in use")
    def in_use(self, token: AccessToken) -> bool:
        return token.active

    @admin.action(description="Revoke the selected tokens, and the refresh tokens with them", permissions=["view"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[AccessToken]) -> None:
        for token in tokens.filter(revoked=False).select_related("application", "user"):
            revoke_token(token, by=current_user(request))
        self.message_user(request, "The tokens are revoked.")
