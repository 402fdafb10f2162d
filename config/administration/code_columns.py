"""Columns, filters and choices with the words of `config.administration.codes`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Field, Model
from django.utils.translation import gettext as _

from config.administration.codes import code_words, has_words
from config.administration.json_words import SUFFIX


def code_columns(model: type[Model]) -> dict[str, Callable[[Any, Any], str]]:
    """For each field with words a method for its admin class, under the field's name with SUFFIX."""
    fields = [field for field in model._meta.fields if has_words(field)]
    return {f"{field.name}{SUFFIX}": _column(field) for field in fields}


def _column(field: Field) -> Callable[[Any, Any], str]:
    @admin.display(description=field.verbose_name, ordering=field.name)
    def words(_admin: Any, row: Any) -> str:
        value = getattr(row, field.name)
        return ", ".join(code_words(field, each) for each in (value if isinstance(value, list) else [value]))

    return words


class ChoiceFilter(admin.ChoicesFieldListFilter):
    """Of a field whose values are known."""

    def __init__(self, field: Field, *args: Any, **options: Any) -> None:
        words = copy.copy(field)
        words.choices = [(code, code_words(field, code)) for code, _label in field.flatchoices]
        super().__init__(words, *args, **options)


class ValueFilter(admin.AllValuesFieldListFilter):
    """Of a field with any name: those that there are."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        shown = super().choices(changelist)
        yield next(shown)  # all of them
        for choice in shown:
            code, bracket, count = str(choice["display"]).partition(" (")
            yield {**choice, "display": f"{code_words(self.field, code)}{bracket}{count}"}


def word_filter(model: type[Model], name: Any) -> Any:
    """An item of `list_filter`, with the words of the field it names."""
    fields = {field.name: field for field in model._meta.fields}
    if not isinstance(name, str) or name not in fields or not has_words(fields[name]):
        return name
    return (name, ChoiceFilter if fields[name].choices else ValueFilter)


def choices_in_words(field: Field, *, include_blank: bool) -> list[tuple[Any, str]]:
    """What a form offers. The empty one says what it means: to be chosen, or none."""
    words = field.flatchoices
    if has_words(field):
        words = [(code, code_words(field, code)) for code, _label in words]
    return [("", _("None") if field.blank else _("Choose one")), *words] if include_blank else words
