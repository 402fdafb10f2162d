"""Webhooks in the administration: to look at, without their secrets."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from audit.read_only_admin import ReadOnlyAdmin
from hooks.models import Delivery, Hook


@admin.register(Hook)
class HookAdmin(ReadOnlyAdmin):
    list_display = ("title", "project", "group", "state", "creator", "created_at")
    STATES: ClassVar[dict[str, Any]] = {
        "executable": _("on"),
        "temporarily_disabled": _("paused after failures"),
        "disabled": _("off after failures"),
    }
    list_select_related = ("project", "group", "creator")
    fields = (
        "name", "description", "project", "group", "events", "branch_filter", "filter_strategy", "verifies_tls",
        "failures", "disabled_until", "dropped", "dropped_at", "creator", "created_at",
    )  # fmt: skip
    list_filter = (("disabled_until", admin.EmptyFieldListFilter), "verifies_tls", "created_at")
    search_fields = ("name", "project__full_path", "group__full_path")

    @admin.display(description=_("webhook"))
    def title(self, hook: Hook) -> str:
        return hook.name or hook.address or f"#{hook.pk}"

    @admin.display(description=_("state"))
    def state(self, hook: Hook) -> str:
        return str(self.STATES[hook.alert_status])


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("event", "hook", "created_at", "attempts", "response_status", "error")
    list_filter = ("event", "response_status", "created_at")
    list_select_related = ("hook",)
    search_fields = ("hook__name", "hook__project__full_path", "error")
    fields = (
        "hook", "event", "created_at", "attempts", "next_attempt_at", "sent_at", "duration", "response_status", "error",
    )  # fmt: skip
