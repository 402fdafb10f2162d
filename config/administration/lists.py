"""What every list of the administration has: an export of what it shows, and the history of each row."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import NestedObjects, flatten_fieldsets, label_for_field, lookup_field
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import router
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.html import strip_tags
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override
from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.formats import base_formats
from import_export.resources import Resource

from audit.models import AuditEvent
from audit.read_only_admin import ReadOnlyAdmin
from audit.services import record
from config.administration.code_columns import choices_in_words, code_columns, word_filter
from config.administration.json_words import SUFFIX, json_columns
from config.administration.list_page import ListPage, refuse_value
from config.administration.names import INTERNAL
from identity.sign_in.users import current_user
from text.numbers import parse_number
from tokenaccess.policy.staff import staff_may

MAX_ROWS = 50_000
MAX_EVENTS = 100


class Column(Field):
    """A column of the list, as it is shown there: what the list keeps back is not exported either."""

    def __init__(self, name: str, model_admin: Any) -> None:
        label = label_for_field(name, model_admin.model, model_admin)
        super().__init__(attribute=name, column_name=str(label), readonly=True)
        self.name, self.model_admin = name, model_admin

    def __deepcopy__(self, _memo: Any) -> Column:
        """A resource copies its columns; nothing here changes, and the administration cannot be copied."""
        return self

    def get_value(self, instance: Any) -> str:
        """What the list words is exported as it is kept: for programs."""
        code = self.name.removesuffix(SUFFIX)
        name = code if code != self.name and code in self.model_admin.codes else self.name
        _field, _attribute, value = lookup_field(name, instance, self.model_admin)
        if hasattr(value, "isoformat"):
            return str(value.isoformat())
        return "" if value is None else strip_tags(str(value))


class ListedAdmin(ExportMixin, admin.ModelAdmin):
    """Put in front of each model's own admin class by the site."""

    list_per_page = 50  # a hundred rows take twice the time
    object_history_template = "admin/audited_history.html"
    codes: frozenset[str] = frozenset()  # fields whose values have words
    export_also: tuple[str, ...] = ()  # columns for programs, which the list leaves out
    skip_export_form = True
    export_formats = [base_formats.CSV]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """How many rows of each kind go with them, not which: of a project thousands, and each name is read from
        the database. Rows that are only looked at keep nothing from going: nobody may delete those by themselves."""
        collector = NestedObjects(using=router.db_for_write(self.model))
        collector.collect(objs)
        kinds: dict[Any, Any] = collector.model_objs
        admins = {model: self.admin_site._registry[model] for model in kinds if model in self.admin_site._registry}
        kept = {
            model._meta.verbose_name
            for model, one in admins.items()
            if not isinstance(one, ReadOnlyAdmin) and not one.has_delete_permission(request)
        }
        sizes = {model: len(rows) for model, rows in kinds.items() if _has_name(model)}
        counts = {model._meta.verbose_name_plural: count for model, count in sizes.items()}
        return [str(one) for one in objs], counts, kept, [str(one) for one in collector.protected]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Its heading says what the list has, as the way there does."""
        for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
            if parse_number(chosen) is None:
                raise refuse_value(ACTION_CHECKBOX_NAME, chosen)
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """A number that no row can have is none, also where a row has that of another model's."""
        if object_id.isdecimal() and parse_number(object_id) is None:
            return None
        return super().get_object(request, object_id, from_field)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ListPage]:
        return ListPage

    def get_list_display(self, request: HttpRequest) -> Any:
        return self._in_words(super().get_list_display(request))

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [word_filter(self.model, name) for name in super().get_list_filter(request)]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What nobody changes there is in words too."""
        found = super().get_fieldsets(request, obj)
        if obj is None:
            return found
        fixed = set(self.get_readonly_fields(request, obj)) if self.has_change_permission(request, obj) else None
        shown = partial(self._in_words, fixed=fixed)
        return [(title, {**options, "fields": shown(options["fields"])}) for title, options in found]

    def _in_words(self, names: Any, fixed: set[Any] | None = None) -> list[Any]:
        """`fixed`: only of these."""
        words = {name: f"{name}{SUFFIX}" for name in names if fixed is None or name in fixed}
        return [words[name] if name in words and hasattr(self, words[name]) else name for name in names]

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        blank = db_field.blank or not (db_field.has_default() or "initial" in kwargs)
        choices = choices_in_words(db_field, include_blank=blank)
        return super().formfield_for_choice_field(db_field, request, **{"choices": choices, **kwargs})

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Without buttons beside each choice that make, change or show another row: there are lists for that."""
        form = super().get_form(request, obj, change, **kwargs)
        _remove_buttons(form)
        return form

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """Neither beside the choices of rows below."""
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            _remove_buttons(formset.form)
            yield formset, inline

    def get_action_choices(self, request: HttpRequest, default_choices: Any = None) -> Any:
        return super().get_action_choices(request, default_choices or [("", _("Choose an action"))])

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Of the model's own fields, Django lets any be asked for in the address. One that is not shown would be told
        letter by letter: a digest, or what was sent to a webhook."""
        own = {field.name: field for field in self.opts.get_fields()}.get(lookup.partition("__")[0])
        if own is not None and not own.is_relation and own.name not in self._shown_fields(request):
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    def _shown_fields(self, request: HttpRequest) -> set[str]:
        filters = [each[0] if isinstance(each, tuple) else each for each in self.get_list_filter(request)]
        names = [*flatten_fieldsets(self.get_fieldsets(request)), *self.get_list_display(request), *filters]
        return {"id", self.date_hierarchy or "", *map(str, names)}

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Of people with a role in the administration: those the role is for."""
        found = super().get_actions(request)
        person = current_user(request)
        if person.is_superuser:
            return found
        return {
            name: action for name, action in found.items() if staff_may(person.staff_role, name, self.opts.label_lower)
        }

    def get_export_resource_classes(self, request: HttpRequest) -> list[type[Resource]]:
        names = [*self.get_list_display(request), *self.export_also]
        columns: dict[str, Any] = {str(name): Column(str(name), self) for name in names}
        return [type("Columns", (Resource,), columns)]

    def export_action(self, request: HttpRequest) -> HttpResponseBase:
        rows: QuerySet[Any] = self.get_export_queryset(request)
        count = rows[: MAX_ROWS + 1].count()
        if count > MAX_ROWS:
            text = _("There are more than %(most)s rows. Filter or search for those that you need.")
            messages.error(request, text % {"most": intcomma(MAX_ROWS)})
            return HttpResponseRedirect(request.get_full_path().replace("/export/", "/", 1))
        response: HttpResponseBase = super().export_action(request)
        with override("en"):  # as all of the history
            name = str(self.opts.verbose_name_plural)
        rows_of = f"1 row of {name} was" if count == 1 else f"{count} rows of {name} were"
        record("list_exported", f"{rows_of} exported", by=request.user, on=request.user, path=name)
        return response

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        shown = [] if parse_number(object_id) is None else self.events(object_id)[:MAX_EVENTS]
        return super().history_view(request, object_id, {"audit_events": shown, **(extra_context or {})})

    def events(self, object_id: str) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.filter(target_type=self.opts.model_name, target_id=object_id)


def _remove_buttons(form: Any) -> None:
    for field in form.base_fields.values():
        if isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget


def _has_name(model: Any) -> bool:
    """Not rows that only connect two others, or that say the same once more."""
    return not model._meta.auto_created and model._meta.label not in INTERNAL


class WordsOfFixed:
    """In front of a model's own admin class: what its form does not change may be shown in words."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        names = super().get_readonly_fields(request, obj)  # type: ignore[misc]
        return (*names, *(words for name in names if hasattr(self, words := f"{name}{SUFFIX}")))


def with_list(admin_class: type[admin.ModelAdmin[Model]] | None, model: type[Model]) -> type[admin.ModelAdmin[Model]]:
    """`admin_class` with what every list has; its own columns come first."""
    own = admin_class or admin.ModelAdmin
    names = {"__module__": own.__module__, "__doc__": own.__doc__}
    codes = code_columns(model)
    columns = {name: column for name, column in {**json_columns(model), **codes}.items() if not hasattr(own, name)}
    kept = {"codes": frozenset(name.removesuffix(SUFFIX) for name in codes)}
    return type(own.__name__, (WordsOfFixed, own, ListedAdmin), {**columns, **kept, **names})
