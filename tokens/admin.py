"""Deploy tokens in the administration."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from audit.read_only_admin import ReadOnlyAdmin, explain
from identity.credentials.expiry import ExpiryFilter
from identity.sign_in.users import current_user
from tokens import services
from tokens.models import DeployScope, DeployToken


@admin.register(DeployToken)
class DeployTokenAdmin(ReadOnlyAdmin):
    """To look at and to revoke: nothing here makes one or shows what it is kept as."""

    list_display = ("name", "username", "place", "scopes", "created_at", "last_used_at", "expires_at", "in_use")
    list_filter = ("revoked", ExpiryFilter, "created_at")
    list_select_related = ("project", "group")
    search_fields = ("name", "username", "project__full_path", "group__full_path")
    fields = readonly_fields = (
        "name", "username", "place", "scopes_explained", "creator", "created_at", "last_used_at", "expires_at",
        "revoked",
    )  # fmt: skip
    actions = ("revoke",)
    scopes_explained = explain("scopes", dict(DeployScope.choices))

    @admin.display(boolean=True, description=_("in use"))
    def in_use(self, token: DeployToken) -> bool:
        return token.active

    @admin.display(description=_("belongs to"))
    def place(self, token: DeployToken) -> Any:
        return token.place

    @admin.action(description=_("Revoke the selected tokens"))
    def revoke(self, request: HttpRequest, tokens: QuerySet[DeployToken]) -> None:
        active = list(tokens.filter(revoked=False).select_related("project", "group"))
        for token in active:
            services.revoke_deploy_token(token, by=current_user(request))
        text = ngettext("%(n)d token revoked.", "%(n)d tokens revoked.", len(active))
        self.message_user(request, text % {"n": len(active)})
