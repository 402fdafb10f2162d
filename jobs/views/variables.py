"""CI variables of a project, a group or the instance: the list, making, changing and deleting one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from identity.sealed import Unreadable
from jobs import services
from jobs.forms import VariableForm
from jobs.models import CiVariable
from jobs.views.places import Place, page
from portal.listing import page_of
from tokenaccess.policy import Action
from tokenaccess.web import FORM, PageRequest, acting


@dataclass(frozen=True, kw_only=True)
class Variables(Place):
    thing = "variable"

    @property
    def rows(self) -> QuerySet[CiVariable]:
        return CiVariable.objects.filter(project=self.project, group=self.group)


def _place(request: PageRequest) -> Variables:
    return Variables(**request.access.where)


def _listing(request: PageRequest, **kwargs: Any) -> HttpResponse:
    place = _place(request)
    above = CiVariable.objects.none()
    if place.project is not None:
        above = CiVariable.objects.reaching(place.project).filter(project=None).select_related("group")
    context = {"page": page_of(request, place.rows), "above": above.order_by("key", "pk")[:100]}
    return render(request, "jobs/variables.html", {**place.context, **context})


def _new(request: PageRequest, **kwargs: Any) -> HttpResponseBase:
    place = _place(request)
    form = VariableForm(request.POST if request.method == "POST" else None, scoped=place.name != "instance")
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_variable(
                by=acting(request), project=place.project, group=place.group, **form.for_new()
            )
        except ValidationError as error:
            form.take(error)
        else:
            messages.success(request, _("%(key)s is kept. Jobs that start from now on have it.") % {"key": made.key})
            return redirect(place.url())
    return _form(request, place, form)


def _one(request: PageRequest, variable: int, **kwargs: Any) -> HttpResponseBase:
    place = _place(request)
    found = get_object_or_404(place.rows, pk=variable)
    form = VariableForm(
        request.POST if request.method == "POST" else None,
        scoped=place.name != "instance",
        variable=found,
        value=_readable(found),
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.update_variable(found, by=acting(request), **form.for_change())
        except (ValidationError, Unreadable) as error:
            form.take(error)
        else:
            messages.success(request, _("%(key)s is changed for jobs that start from now on.") % {"key": found.key})
            return redirect(place.url())
    return _form(request, place, form, found)


def _readable(variable: CiVariable) -> str:
    """What the form may show: never what is masked."""
    try:
        return "" if variable.masked else variable.value
    except Unreadable:
        return ""


def _form(
    request: PageRequest, place: Variables, form: VariableForm, variable: CiVariable | None = None
) -> HttpResponse:
    delete_url = place.url("_delete", variable.pk) if variable else ""
    context = {**place.context, "form": form, "variable": variable, "delete_url": delete_url}
    return render(request, "jobs/variable.html", context, status=422 if form.errors else 200)


def _delete(request: PageRequest, variable: int, **kwargs: Any) -> HttpResponseBase:
    place = _place(request)
    found = get_object_or_404(place.rows, pk=variable)
    if request.method == "POST":
        services.delete_variable(found, by=acting(request))
        messages.success(request, _("%(key)s is deleted.") % {"key": found.key})
        return redirect(place.url())
    return render(request, "jobs/variable_delete.html", {**place.context, "variable": found})


_page = partial(page, hide=sensitive_post_parameters("value"))
project_variables = _page(Action.MANAGE_VARIABLES, _listing)
project_variable_new = _page(Action.MANAGE_VARIABLES, _new, *FORM)
project_variable = _page(Action.MANAGE_VARIABLES, _one, *FORM)
project_variable_delete = _page(Action.MANAGE_VARIABLES, _delete, *FORM)
group_variables = _page(Action.MANAGE_GROUP_VARIABLES, _listing)
group_variable_new = _page(Action.MANAGE_GROUP_VARIABLES, _new, *FORM)
group_variable = _page(Action.MANAGE_GROUP_VARIABLES, _one, *FORM)
group_variable_delete = _page(Action.MANAGE_GROUP_VARIABLES, _delete, *FORM)
instance_variables = _page(Action.ADMINISTER, _listing)
instance_variable_new = _page(Action.ADMINISTER, _new, *FORM)
instance_variable = _page(Action.ADMINISTER, _one, *FORM)
instance_variable_delete = _page(Action.ADMINISTER, _delete, *FORM)
