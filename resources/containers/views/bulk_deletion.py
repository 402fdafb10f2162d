"""Deleting many tags by rules: first which ones that would be, then the deletion."""

from __future__ import annotations

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from pages.frame import render_page
from resources.containers import cleanup
from resources.containers.engine.client import EngineError
from resources.containers.forms import BulkDeletionForm
from resources.containers.models import ContainerRepository, Tag
from resources.containers.views.repositories import LIST, find_to_change
from tokenaccess.adapters.pages import PageRequest, form_page, requires
from tokenaccess.policy import Action

MAX_TAGS_TO_LIST = 200


@requires(Action.DELETE_IMAGES)
@form_page
def delete_tags(request: PageRequest, project_path: str, repository_id: int) -> HttpResponseBase:
    """With the rules in the query, which tags would go; a POST has them deleted."""
    found = find_to_change(request, repository_id)
    given = request.POST if request.method == "POST" else request.GET
    form = BulkDeletionForm(given if "delete" in given else None)
    context: dict[str, object] = {"repository": found}
    if form.is_bound and form.is_valid():
        if request.method == "POST":
            _request(request, found, form)
            return redirect("project_image", request.access.project.full_path, found.pk)
        tags = _find_tags(form, found)
        if tags is not None:
            names = {name: given[name] for name in form.fields if name in given}
            shown = tags[:MAX_TAGS_TO_LIST]
            context |= {"tags": shown, "count": len(tags), "more": len(tags) - len(shown), "fields": names}
    return render_page(request, "containers/delete_tags.html", context, nav=LIST, form=form)


def _find_tags(form: BulkDeletionForm, found: ContainerRepository) -> list[Tag] | None:
    try:
        return cleanup.find_tags(found, form.rules)
    except EngineError:
        form.add_error(None, _("The registry cannot be reached."))
        return None


def _request(request: PageRequest, found: ContainerRepository, form: BulkDeletionForm) -> None:
    if cleanup.request(found, form.rules):
        messages.success(request, _("The tags are being deleted."))
    else:
        messages.error(
            request, _("Tags of this repository were deleted within the last hour. Nothing was deleted now.")
        )
