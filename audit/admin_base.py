"""Admin pages that write through services: their errors appear above the form."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirect


class ServiceBackedAdmin(admin.ModelAdmin):
    """A ModelAdmin that writes through services.

    Django saves a form in one transaction: a `service_error` on the way undoes all of it and is shown on the page.
    """

    service_error: ClassVar[type[Exception]] = ValidationError

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
