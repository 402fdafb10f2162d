"""A model in the administration that is only looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html


def relabel(field: str, label: Any, *, is_link: bool = False) -> Callable[[Any, Any], Any]:
    """A column or line with a field's value under a name that readers know it by; sorted like the field. `is_link`: to
    the row that the field refers to."""

    @admin.display(description=label, ordering=field)
    def value(_admin: Any, row: Any) -> Any:
        found = getattr(row, field)
        if found is None or not is_link:
            return found
        names = found._meta
        there = reverse(f"admin:{names.app_label}_{names.model_name}_change", args=[found.pk])
        return format_html('<a href="{}">{}</a>', there, found)

    return value


class ReadOnlyAdmin(admin.ModelAdmin):
    """Changes are made by the services, on the pages of the portal or by actions; the list may be long."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
