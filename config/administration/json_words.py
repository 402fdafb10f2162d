"""Lists and maps that the database keeps as JSON, as words in the administration."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import JSONField, Model
from django.utils.translation import gettext as _

from config.administration.labels import LABELS

SUFFIX = "_in_words"


def json_words(value: Any) -> str:
    """`read_api, sudo`; `project: acme/library, jobs: 12, 13`. What is nested deeper stands in brackets."""
    if isinstance(value, dict):
        return ", ".join(f"{_name_words(str(name))}: {_item_words(item)}" for name, item in value.items())
    return _item_words(value)


def _name_words(name: str) -> str:
    return str(LABELS.get(name, name.replace("_", " ")))


def _item_words(value: Any) -> str:
    items = value if isinstance(value, list) else [value]
    return ", ".join(_scalar_words(item) for item in items)


def _scalar_words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return f"({json_words(value)})"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def json_columns(model: type[Model]) -> dict[str, Callable[[Any, Any], str]]:
    """For each JSON field of the model a method for its admin class, under the field's name with SUFFIX."""
    fields = [field for field in model._meta.get_fields() if isinstance(field, JSONField)]
    return {f"{field.name}{SUFFIX}": _column(field) for field in fields}


def _column(field: JSONField) -> Callable[[Any, Any], str]:
    @admin.display(description=field.verbose_name)
    def words(_admin: Any, row: Any) -> str:
        return json_words(getattr(row, field.name))

    return words
