"""A list of the administration, as its address asks for it: what the list does not know is an error that names it.

Django would go on without it, or show the whole list under an address that says `e=1`.
"""

from __future__ import annotations

import re
from typing import Any

from django.contrib.admin import ChoicesFieldListFilter, EmptyFieldListFilter, SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import (
    NotRelationField,
    build_q_object_from_lookup_parameters,
    get_fields_from_path,
    prepare_lookup_value,
)
from django.contrib.admin.views.main import ERROR_FLAG, ORDER_VAR, PAGE_VAR, SEARCH_VAR, ChangeList
from django.core.exceptions import BadRequest, FieldDoesNotExist, FieldError
from django.db.models import Field
from django.http import HttpRequest
from django.utils.translation import gettext as _

from api.input.list_filters import MAX_SEARCH

MAX_SHOWN = 80  # letters of a wrong value
_ORDER = re.compile(r"-?[0-9]{1,3}(\.-?[0-9]{1,3}){0,20}", re.ASCII)
# Those that filters and links have. Of the others some fail on what they cannot compare with, some search for long.
_LOOKUPS = frozenset({"exact", "in", "isnull", "gt", "gte", "lt", "lte", "year", "month", "day"})
_PARTS_OF_DAYS = frozenset({"month", "day"})
_ANSWERS = frozenset({"0", "1", "false", "true"})
_YEARS = range(2, 9999)  # in any time zone, a day of them is one that there is


def refuse_value(name: str, value: str) -> BadRequest:
    return BadRequest(_("%(name)s has no such value: %(value)s") % {"name": name, "value": value[:MAX_SHOWN]})


def refuse_name(name: str) -> BadRequest:
    return BadRequest(_("%(name)s is not supported") % {"name": name[:MAX_SHOWN]})


class ListPage(ChangeList):
    """Raises BadRequest, which the error page shows."""

    def __init__(self, request: HttpRequest, *args: Any, **options: Any) -> None:
        _check_search(request.GET.get(SEARCH_VAR, ""))
        if ERROR_FLAG in request.GET:
            raise refuse_name(ERROR_FLAG)
        super().__init__(request, *args, **options)

    def get_filters(self, request: HttpRequest) -> Any:
        given: dict[str, list[str]] = self.get_filters_params()
        for name in given:
            self._check_name(name, given[name], request)
        try:
            found = super().get_filters(request)
        except IncorrectLookupParameters as error:  # days that there are not, such as the last of February
            values = [value for each in given.values() for value in each]
            raise refuse_value(", ".join(given), ", ".join(values)) from error
        for spec in found[0]:
            for name in map(str, spec.expected_parameters()):
                self._check_values(spec, name, given.get(name, []))
        return found

    def get_results(self, request: HttpRequest) -> None:
        """Of a page that there is."""
        page = request.GET.get(PAGE_VAR, "1")
        if not (page.isascii() and page.isdecimal()):
            raise refuse_value(PAGE_VAR, page)
        try:
            super().get_results(request)
        except IncorrectLookupParameters as error:
            raise refuse_value(PAGE_VAR, page) from error
        if self.page_num not in self.paginator.page_range:
            raise refuse_value(PAGE_VAR, page)

    def get_ordering_field_columns(self) -> Any:
        order = self.params.get(ORDER_VAR)
        columns = range(len(self.list_display))
        if order and not (_ORDER.fullmatch(order) and all(int(one.strip("-")) in columns for one in order.split("."))):
            raise refuse_value(ORDER_VAR, order)
        return super().get_ordering_field_columns()

    def _check_name(self, name: str, values: list[str], request: HttpRequest) -> None:
        if not all(self.model_admin.lookup_allowed(name, value, request) for value in values):
            raise refuse_name(name)
        if name in self._names_of_filters():
            return
        lookups, field = self._read_name(name)
        if not set(lookups) <= _LOOKUPS or len(lookups) > 1:
            raise refuse_name(name)
        for value in values:
            try:
                _check_value(field, lookups, value)
                self._filter(name, value)
            except (FieldError, TypeError) as error:
                raise refuse_name(name) from error
            except Exception as error:  # whatever the field's type has to say of it
                raise refuse_value(name, value) from error

    def _read_name(self, name: str) -> tuple[list[str], Any]:
        """The lookups that it ends with, and the field before them; None for what a list counts itself."""
        try:
            lookups, parts, _annotation = self.root_queryset.query.solve_lookup_type(name)
            return list(lookups), get_fields_from_path(self.model, "__".join(parts))[-1] if parts else None
        except (FieldError, FieldDoesNotExist, NotRelationField) as error:
            raise refuse_name(name) from error

    def _names_of_filters(self) -> set[str]:
        """Those that are no lookups of a field."""
        kinds = [each for each in self.list_filter if isinstance(each, type) and issubclass(each, SimpleListFilter)]
        empty = [each[0] for each in self.list_filter if isinstance(each, tuple) and each[1] is EmptyFieldListFilter]
        return {str(kind.parameter_name) for kind in kinds} | {f"{name}__isempty" for name in empty}

    def _filter(self, name: str, value: str) -> Any:
        """Asks the database nothing."""
        wanted: dict[str, Any] = {name: prepare_lookup_value(name, [value])}
        return self.root_queryset.filter(build_q_object_from_lookup_parameters(wanted))

    def _check_values(self, spec: Any, name: str, values: list[str]) -> None:
        known = _known_values(spec, name)
        for value in values:
            if known is not None and value not in known:
                raise refuse_value(name, value)


def _check_search(text: str) -> None:
    if len(text) > MAX_SEARCH:
        sentence = _("%(name)s is too long (maximum is %(most)d characters)")
        raise BadRequest(sentence % {"name": SEARCH_VAR, "most": MAX_SEARCH})


def _check_value(field: Any, lookups: list[str], value: str) -> None:
    """Raises ValueError or ValidationError where no row can have it: PostgreSQL fails on some that SQLite takes."""
    if "isnull" in lookups:
        known = value.lower() in _ANSWERS
    elif "year" in lookups:
        known = int(value) in _YEARS
    else:
        known = True
        if isinstance(field, Field) and not _PARTS_OF_DAYS & set(lookups):
            for one in value.split(",") if "in" in lookups else [value]:
                field.run_validators(field.to_python(one))
    if not known:
        raise ValueError(value)


def _known_values(spec: Any, name: str) -> set[str] | None:
    """None: any."""
    if isinstance(spec, SimpleListFilter):
        return {str(value) for value, _words in spec.lookup_choices}
    if isinstance(spec, EmptyFieldListFilter):
        return {"0", "1"}
    if isinstance(spec, ChoicesFieldListFilter) and name == spec.lookup_kwarg:
        return {str(value) for value, _words in spec.field.flatchoices}
    return None
