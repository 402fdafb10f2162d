"""Pages of the administration that write by services: refusals told above the form, history from the audit."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirect

from audit.models import AuditEvent

SHOWN_EVENTS = 100
_LONGEST_ID = 18  # digits; more are no id of the database


class Told(admin.ModelAdmin):
    """Django saves a form in one transaction: a refusal on the way (`refused`) takes back all of it."""

    refused: ClassVar[type[Exception]] = ValidationError
    object_history_template = "admin/audited_history.html"

    def words(self, error: Any) -> list[str]:
        """What is said of a refusal."""
        return list(error.messages)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._told(request, super().changeform_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._told(request, super().delete_view, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._told(request, super().changelist_view, *args, **kwargs)

    def _told(self, request: HttpRequest, view: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response: HttpResponseBase = view(request, *args, **kwargs)
        except self.refused as error:
            for text in self.words(error):
                messages.error(request, text)
            return HttpResponseRedirect(request.get_full_path())
        return response

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        usable = object_id.isdecimal() and len(object_id) <= _LONGEST_ID
        shown = self.events(object_id)[:SHOWN_EVENTS] if usable else []
        return super().history_view(request, object_id, {"audit_events": shown, **(extra_context or {})})

    def events(self, object_id: str) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.filter(target_type=self.opts.model_name, target_id=object_id)
