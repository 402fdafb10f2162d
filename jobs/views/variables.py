"""Pages of CI variables of a project, a group or the instance: list, create, edit, delete."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters

from identity.encryption import DecryptionError
from jobs.forms.variables import VariableForm
from jobs.models import CiVariable, Job
from jobs.variables.services import create_variable, delete_variable, update_variable
from jobs.views.shared_pages import page
from pages.effects import Effect, effect
from pages.form_errors import add_service_error
from pages.frame import Frame, render_page
from pages.listing import page_of
from projects.models import Group, Project
from tokenaccess.adapters.pages import FORM, PageRequest, current_user
from tokenaccess.policy import Action


@dataclass(frozen=True, kw_only=True)
class VariablePages(Frame):
    """`owner`: whose variables, as keyword arguments: a project, a group, or neither."""

    thing = "variable"
    owner: dict[str, Any]

    @property
    def rows(self) -> QuerySet[CiVariable]:
        return CiVariable.objects.filter(**{"project": None, "group": None} | self.owner)

    @property
    def is_scoped(self) -> bool:
        """Whether a variable may be for some environments only."""
        return self.target is not None


def _pages(request: PageRequest) -> VariablePages:
    return VariablePages(target=request.access.target, owner=request.access.owner_kwargs)


def _list(request: PageRequest, **kwargs: Any) -> HttpResponse:
    place = _pages(request)
    above = CiVariable.objects.none()
    if isinstance(place.target, Project):
        above = CiVariable.objects.reaching(place.target).filter(project=None).select_related("group")
    context = {
        "page": page_of(request, place.rows),
        "new_url": place.url("_new"),
        "above": above.order_by("key", "pk")[:100],
    }
    return render_page(request, "jobs/variables.html", context, frame=place)


def _new(request: PageRequest, **kwargs: Any) -> HttpResponseBase:
    place = _pages(request)
    form = VariableForm(request.POST if request.method == "POST" else None, scoped=place.is_scoped)
    if request.method == "POST" and form.is_valid():
        try:
            variable = create_variable(by=current_user(request), **place.owner, **form.create_fields())
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(
                request, _("Variable %(key)s saved. Jobs that start from now on get it.") % {"key": variable.key}
            )
            return redirect(place.url())
    return _form(request, place, form)


def _edit(request: PageRequest, variable_id: int, **kwargs: Any) -> HttpResponseBase:
    place = _pages(request)
    variable = get_object_or_404(place.rows, pk=variable_id)
    form = VariableForm(
        request.POST if request.method == "POST" else None,
        scoped=place.is_scoped,
        variable=variable,
        value=_prefill_value(variable),
    )
    if request.method == "POST" and form.is_valid():
        try:
            update_variable(variable, by=current_user(request), **form.update_fields())
        except ValidationError as error:
            add_service_error(form, error)
        except DecryptionError:
            form.add_error("value", _("The stored value cannot be decrypted any more. Enter a new one."))
        else:
            messages.success(
                request,
                _("Variable %(key)s saved. The change applies to jobs that start from now on.") % {"key": variable.key},
            )
            return redirect(place.url())
    return _form(request, place, form, variable)


def _prefill_value(variable: CiVariable) -> str:
    """The value for the form; empty for a masked one."""
    try:
        return "" if variable.masked else variable.value
    except DecryptionError:
        return ""


def _form(
    request: PageRequest, place: VariablePages, form: VariableForm, variable: CiVariable | None = None
) -> HttpResponse:
    delete_url = place.url("_delete", variable.pk) if variable else ""
    context = {"variable": variable, "delete_url": delete_url}
    return render_page(request, "jobs/variable.html", context, frame=place, form=form)


def _delete(request: PageRequest, variable_id: int, **kwargs: Any) -> HttpResponseBase:
    place = _pages(request)
    variable = get_object_or_404(place.rows, pk=variable_id)
    if request.method == "POST":
        delete_variable(variable, by=current_user(request))
        messages.success(request, _("Variable %(key)s deleted.") % {"key": variable.key})
        return redirect(place.url())
    context = {"variable": variable, "effects": _effects_of_deletion(place)}
    return render_page(request, "jobs/variable_delete.html", context, frame=place)


def _effects_of_deletion(place: VariablePages) -> list[Effect]:
    projects, waiting = Project.objects.alive(), Job.objects.pending()
    if isinstance(place.target, Project):
        projects = projects.none()
        waiting = waiting.filter(project=place.target)
    elif isinstance(place.target, Group):
        projects = projects.below(place.target.pk)
        waiting = waiting.filter(project__in=projects)
    return [
        *effect(n := projects.count(), ngettext("project gets it today.", "projects get it today.", n)),
        *effect(n := waiting.count(), ngettext("waiting job starts without it.", "waiting jobs start without it.", n)),
    ]


_page = partial(page, hide=sensitive_post_parameters("value"))
project_variables = _page(Action.MANAGE_VARIABLES, _list)
project_variable_new = _page(Action.MANAGE_VARIABLES, _new, *FORM)
project_variable = _page(Action.MANAGE_VARIABLES, _edit, *FORM)
project_variable_delete = _page(Action.MANAGE_VARIABLES, _delete, *FORM)
group_variables = _page(Action.MANAGE_GROUP_VARIABLES, _list)
group_variable_new = _page(Action.MANAGE_GROUP_VARIABLES, _new, *FORM)
group_variable = _page(Action.MANAGE_GROUP_VARIABLES, _edit, *FORM)
group_variable_delete = _page(Action.MANAGE_GROUP_VARIABLES, _delete, *FORM)
instance_variables = _page(Action.ADMINISTER, _list)
instance_variable_new = _page(Action.ADMINISTER, _new, *FORM)
instance_variable = _page(Action.ADMINISTER, _edit, *FORM)
instance_variable_delete = _page(Action.ADMINISTER, _delete, *FORM)
