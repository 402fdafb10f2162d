"""Trigger tokens of a project: the list, making and deleting one."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from jobs import services
from jobs.models import TriggerToken
from portal.listing import page_of
from tokenaccess.policy import Action
from tokenaccess.web import PageRequest, acting, form_page, requires


class TriggerForm(forms.Form):
    description = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=255,
        help_text=gettext_lazy("Whoever reads the list should know what stops when it is deleted."),
    )


@requires(Action.MANAGE_TRIGGERS)
@never_cache
@sensitive_variables("secret")
@form_page
def triggers(request: PageRequest, project_path: str) -> HttpResponseBase:
    """A POST makes one and shows it in the list, like the owner's others."""
    project, person = request.access.project, acting(request)
    form = TriggerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.create_trigger(project=project, owner=person, description=form.cleaned_data["description"])
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("The trigger is made. Its token is in the list, for you alone."))
            return redirect("project_triggers", project.full_path)
    page = page_of(request, project.trigger_tokens.select_related("owner"))
    context = {
        "project": project,
        "form": form,
        "page": page,
        "rows": [(one, one.shown_to(person), person == one.owner) for one in page],
        "example": _example(project.pk),
        "nav_current": "project_triggers",
    }
    return render(request, "jobs/triggers.html", context, status=422 if form.errors else 200)


def _example(project: int) -> str:
    address = f"{settings.EXTERNAL_URL}/api/v4/projects/{project}/trigger/pipeline"
    return f"curl --request POST --form token=TOKEN --form ref=main {address}"


@requires(Action.MANAGE_TRIGGERS)
@form_page
def delete(request: PageRequest, project_path: str, trigger: int) -> HttpResponse:
    project = request.access.project
    found: TriggerToken = get_object_or_404(project.trigger_tokens.select_related("owner", "project"), pk=trigger)
    if request.method == "POST":
        services.delete_trigger(found, by=acting(request))
        messages.success(request, _("The trigger is deleted. Its token starts nothing any longer."))
        return redirect("project_triggers", project.full_path)
    context = {"project": project, "trigger": found, "nav_current": "project_triggers"}
    return render(request, "jobs/trigger_delete.html", context)
