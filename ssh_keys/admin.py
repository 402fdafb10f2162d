"""SSH keys in the administration."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from audit.read_only_admin import ReadOnlyAdmin
from audit.read_only_inline import ReadOnlyInline
from identity.sign_in.users import current_user
from ssh_keys import services
from ssh_keys.models import DeployKeyProject, SshKey


class EnabledInline(ReadOnlyInline):
    model = DeployKeyProject
    verbose_name = verbose_name_plural = _("enabled in")
    fields = ("project", "can_push", "granted_by")


@admin.register(SshKey)
class SshKeyAdmin(ReadOnlyAdmin):
    """To look at, to find by fingerprint, and to delete: people add their own, maintainers those of projects."""

    list_display = ("title", "belongs_to", "fingerprint", "usage_type", "created_at", "last_used_at", "expires_at")
    list_filter = ("is_public", "usage_type", "created_at")
    list_select_related = ("user", "creator")
    search_fields = ("title", "user__username", "fingerprint_sha256", "fingerprint_md5")
    fields = readonly_fields = (
        "title", "user", "creator", "is_public", "fingerprint", "fingerprint_md5", "public_key", "usage_type",
        "created_at", "expires_at", "last_used_at", "last_used_addresses",
    )  # fmt: skip
    inlines = (EnabledInline,)
    actions = ("remove",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SshKey], search_term: str
    ) -> tuple[QuerySet[SshKey], bool]:
        return super().get_search_results(request, queryset, search_term.removeprefix("SHA256:").removeprefix("MD5:"))

    @admin.display(description=_("fingerprint"), ordering="fingerprint_sha256")
    def fingerprint(self, key: SshKey) -> str:
        return key.fingerprint

    @admin.display(description=_("belongs to"))
    def belongs_to(self, key: SshKey) -> Any:
        return key.user or _("deploy key")

    @admin.action(description=_("Delete the selected keys"))
    def remove(self, request: HttpRequest, keys: QuerySet[SshKey]) -> None:
        chosen = list(keys)
        for key in chosen:
            services.delete_any_key(key, by=current_user(request))
        text = ngettext("%(n)d key deleted.", "%(n)d keys deleted.", len(chosen))
        self.message_user(request, text % {"n": len(chosen)})
