"""Who signed in, who failed, and whose tries are used up: to look at, and to let people try again."""

from __future__ import annotations

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
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

    @admin.display(boolean=True, description="locked out")
    def locked_out(self, attempt: AccessAttempt) -> bool:
        return bool(attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT)

    @admin.action(description="Unlock the selected names", permissions=["view"])
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


def register() -> None:
    """In the place of those that the package would bring (AXES_ENABLE_ADMIN)."""
    admin.site.register(AccessAttempt, AccessAttemptAdmin)
    admin.site.register(AccessLog, AccessLogAdmin)
    admin.site.register(AccessFailureLog, AccessFailureAdmin)
