"""A model in the administration that is only looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _


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


def explain(field: str, words: Mapping[str, Any]) -> Callable[[Any, Any], str]:
    """A line for each of the names in a field, with what it means: `read_api: Read the API`. Of a list, or of a text
    with spaces between the names."""

    @admin.display(description=_("scopes"))
    def lines(_admin: Any, row: Any) -> str:
        found = getattr(row, field)
        names = found.split() if isinstance(found, str) else found
        return "\n".join(f"{name}: {words[name]}" if name in words else str(name) for name in names)

    return lines


class ReadOnlyAdmin(admin.ModelAdmin):
    """Changes are made by the services, on the pages of the portal or by actions; the list may be long."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
