"""Who signed in, who failed, and whose tries are used up: to look at, and to let people try again."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from audit.read_only_admin import ReadOnlyAdmin
from identity import services
from identity.sign_in.users import current_user


class AccessAttemptAdmin(ReadOnlyAdmin):
    """Wrong passwords since the last right one. Of an unknown name only a digest is kept."""

    list_display = ("username", "ip_address", "failures_since_start", "locked_out", "attempt_time")
    list_filter = ("attempt_time",)
    search_fields = ("username", "ip_address")
    fields = ("username", "ip_address", "failures_since_start", "attempt_time", "path_info", "user_agent")
    actions = ("unlock",)

    @admin.display(boolean=True, description=_("locked out"))
    def locked_out(self, attempt: AccessAttempt) -> bool:
        return bool(attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT)

    @admin.action(description=_("Unlock the selected names"), permissions=["view"])
    def unlock(self, request: HttpRequest, attempts: QuerySet[AccessAttempt]) -> None:
        count = services.delete_attempts(list(attempts), by=current_user(request))
        message = ngettext("The name can sign in again.", "%(n)d names can sign in again.", count) % {"n": count}
        self.message_user(request, message)


class AccessLogAdmin(ReadOnlyAdmin):
    list_display = ("username", "ip_address", "attempt_time", "logout_time")
    list_filter = ("attempt_time",)
    search_fields = ("username", "ip_address")
    date_hierarchy = "attempt_time"
    fields = ("username", "ip_address", "attempt_time", "logout_time", "path_info", "user_agent")


class AccessFailureAdmin(ReadOnlyAdmin):
    list_display = ("username", "ip_address", "attempt_time", "locked_out")
    list_filter = ("locked_out", "attempt_time")
    search_fields = ("username", "ip_address")
    date_hierarchy = "attempt_time"
    fields = ("username", "ip_address", "attempt_time", "locked_out", "path_info", "user_agent")


class SecondFactorAdmin(ReadOnlyAdmin):
    """Who has what, without the secret; `PersonAdmin` has the action that resets it."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    fields = ("user", "type", "created_at", "last_used_at")


class SingleSignOnAdmin(ReadOnlyAdmin):
    """Which subject of the provider is who."""

    list_display = ("uid", "user", "provider", "last_login")
    list_filter = ("provider", "last_login")
    list_select_related = ("user",)
    search_fields = ("uid", "user__username")
    fields = ("uid", "user", "provider", "last_login", "date_joined")


def register() -> None:
    """In the place of those that the packages bring, or would (AXES_ENABLE_ADMIN)."""
    for model in (Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken, UserSession):
        admin.site.unregister(model)
    admin.site.register(Authenticator, SecondFactorAdmin)
    admin.site.register(SocialAccount, SingleSignOnAdmin)
    admin.site.register(AccessAttempt, AccessAttemptAdmin)
    admin.site.register(AccessLog, AccessLogAdmin)
    admin.site.register(AccessFailureLog, AccessFailureAdmin)
