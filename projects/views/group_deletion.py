"""Deleting a group with all that lies below it: asked first, its path typed, the effects named in numbers."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from pages.form_errors import add_service_error
from pages.frame import render_page
from projects import services
from projects.extensions.deletion_effects import effects_of_group
from projects.forms.groups import GroupDeletionForm
from projects.views.moves import real_group
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.policy import Action


@requires(Action.ADMIN_GROUP)
@form_page
def delete_group(request: PageRequest, group_path: str) -> HttpResponseBase:
    group = real_group(request)
    form = GroupDeletionForm(request.POST or None, full_path=group.full_path)
    if request.method == "POST" and form.is_valid():
        try:
            services.delete_group(group, by=current_user(request))
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("%(path)s deleted.") % {"path": group.full_path})
            return redirect("dashboard")
    return render_page(request, "projects/delete.html", {"effects": effects_of_group(group)}, form=form)
