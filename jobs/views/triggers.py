"""Pages of trigger tokens: list, create, delete."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from jobs.models import TriggerToken
from jobs.triggers.trigger_tokens import create_trigger, delete_trigger
from pages.form_errors import add_service_error
from pages.frame import render_page
from pages.listing import page_of
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.adapters.reauthentication import confirms_identity
from tokenaccess.policy import Action


class TriggerForm(forms.Form):
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=255,
        help_text=gettext_lazy("What uses the trigger, so that others know what stops when it is deleted."),
    )


@requires(Action.MANAGE_TRIGGERS)
@never_cache
@sensitive_variables("secret")
@form_page
@confirms_identity
def triggers(request: PageRequest, project_path: str) -> HttpResponseBase:
    """A POST creates one and shows it in the list, as the owner's others."""
    project, person = request.access.project, current_user(request)
    form = TriggerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            create_trigger(project=project, owner=person, description=form.cleaned_data["description"])
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("Trigger created. Only you can see its token in the list."))
            return redirect("project_triggers", project.full_path)
    page = page_of(request, project.trigger_tokens.select_related("owner"))
    context = {
        "page": page,
        "rows": [(one, one.token_for(person), person == one.owner) for one in page],
        "example": _example(project.pk),
    }
    return render_page(request, "jobs/triggers.html", context, nav="project_triggers", form=form)


def _example(project: int) -> str:
    address = f"{settings.EXTERNAL_URL}/api/v4/projects/{project}/trigger/pipeline"
    return f"curl --request POST --form token=TOKEN --form ref=main {address}"


@requires(Action.MANAGE_TRIGGERS)
@form_page
def delete(request: PageRequest, project_path: str, trigger_id: int) -> HttpResponse:
    project = request.access.project
    trigger: TriggerToken = get_object_or_404(project.trigger_tokens.select_related("owner", "project"), pk=trigger_id)
    if request.method == "POST":
        delete_trigger(trigger, by=current_user(request))
        messages.success(request, _("Trigger deleted."))
        return redirect("project_triggers", project.full_path)
    return render_page(request, "jobs/trigger_delete.html", {"trigger": trigger}, nav="project_triggers")
