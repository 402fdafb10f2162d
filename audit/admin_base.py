"""Admin pages that write through services: their errors appear above the form, the history comes from the audit."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirect

from audit.models import AuditEvent
from text.numbers import parse_number

MAX_EVENTS = 100


class ServiceBackedAdmin(admin.ModelAdmin):
    """A ModelAdmin that writes through services.

    Django saves a form in one transaction: a `service_error` on the way undoes all of it and is shown on the page.
    """

    service_error: ClassVar[type[Exception]] = ValidationError
    object_history_template = "admin/audited_history.html"

    def messages_of(self, error: Any) -> list[str]:
        """The error as sentences for the page."""
        return list(error.messages)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._show_service_errors(request, super().changeform_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._show_service_errors(request, super().delete_view, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._show_service_errors(request, super().changelist_view, *args, **kwargs)

    def _show_service_errors(self, request: HttpRequest, view: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response: HttpResponseBase = view(request, *args, **kwargs)
        except self.service_error as error:
            for text in self.messages_of(error):
                messages.error(request, text)
            return HttpResponseRedirect(request.get_full_path())
        return response

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        shown = [] if parse_number(object_id) is None else self.events(object_id)[:MAX_EVENTS]
        return super().history_view(request, object_id, {"audit_events": shown, **(extra_context or {})})

    def events(self, object_id: str) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.filter(target_type=self.opts.model_name, target_id=object_id)
