"""The history of the whole instance: to read and to search, never to change.

Here and not in the app `audit`, which cannot import the words that its messages have on the pages.
"""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from audit.models import AuditEvent
from audit.read_only_admin import ReadOnlyAdmin, relabel
from tokenaccess.explanation.history_wording import history_words


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """The name of an event is for programs: the list has its sentence, an export both."""

    list_display = ("when", "who", "what", "target_path", "address")
    export_also = ("event",)
    list_filter = ("event", "target_type")
    search_fields = ("message", "actor_name", "target_path")
    date_hierarchy = "at"
    fields = ("at", "actor_name", "what", "target_type", "target_id", "target_path", "address", "event", "details")

    when = relabel("at", _("When"))
    who = relabel("actor_name", _("Who"))

    @admin.display(description=_("What"), ordering="message")
    def what(self, event: AuditEvent) -> str:
        return history_words(event.message)
