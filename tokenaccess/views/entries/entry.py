"""Entries of both allowlists: add, change permissions, remove after showing the impact."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from identity.models import User, today
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.allowlist import services
from tokenaccess.allowlist.find_entry import entries_of
from tokenaccess.allowlist.impact import impact
from tokenaccess.allowlist.reviews.fading import unused_days
from tokenaccess.allowlist.services.terms import RENEWAL_DAYS
from tokenaccess.allowlist.targets import TargetName, can_see
from tokenaccess.errors import TokenAccessError
from tokenaccess.forms import AddForm, PathForm
from tokenaccess.models import AllowlistEntry, Direction
from tokenaccess.models.list_entry import ListEntry
from tokenaccess.policy import Action
from tokenaccess.policy.actions import TargetKind
from tokenaccess.views.entries.candidates import read_search
from tokenaccess.views.entries.form import EntryForm, TermsForm, add_term_error
from tokenaccess.views.entries.removal import removal_confirmation
from tokenaccess.views.error_text import error_text
from tokenaccess.views.frame import lock_sentence, render_token_access, target_of
from tokenaccess.views.limits.settings import render_outbound, render_settings

_RELATED = ("target_project__group", "target_group", "added_by", "owner", "suspended_by")


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def add(request: PageRequest, project_path: str) -> HttpResponse:
    """Add a project or group, by its path, to the inbound allowlist."""
    if (searched := read_search(request, AddForm)) is not None:
        return render_settings(request, add_form=searched)
    project, form = request.access.project, AddForm(request.POST)
    if form.is_valid():
        entry = _try_to_add(request, form, None, **form.grant)
        if entry is not None:
            messages.success(request, _("%(path)s has access now.") % {"path": entry.target.full_path})
            return redirect("project_token_access", project.full_path)
    return render_settings(request, add_form=form)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def add_outbound(request: PageRequest, project_path: str) -> HttpResponse:
    """Add a project, by its path, to the outbound allowlist."""
    if (searched := read_search(request, PathForm, Direction.OUTBOUND)) is not None:
        return render_outbound(request, add_form=searched)
    project, form = request.access.project, PathForm(request.POST)
    if form.is_valid():
        entry = _try_to_add(request, form, TargetKind.PROJECT, direction=Direction.OUTBOUND)
        if entry is not None:
            messages.success(request, _("Jobs of this project can access %(path)s.") % {"path": entry.target.full_path})
            return redirect("project_token_access_outbound", project.full_path)
    return render_outbound(request, add_form=form)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@form_page
def edit(request: PageRequest, project_path: str, entry: int) -> HttpResponse:
    """Change an entry: inbound with its permissions and conditions."""
    project, found = request.access.project, find_entry(request, entry)
    inbound, back = found.direction == Direction.INBOUND, list_page(found)
    if request.method == "POST":
        form = EntryForm(request.POST) if inbound else TermsForm(request.POST)
    else:
        form = EntryForm.for_entry(found) if inbound else TermsForm(initial=TermsForm.initial_of(found))
    if request.method == "POST" and form.is_valid() and try_to_change(request, found, form):
        messages.success(request, _("Entry %(path)s saved.") % {"path": entry_name(request, found)})
        return redirect(back, project.full_path)
    return render_token_access(
        request,
        "edit_entry.html",
        entry=found,
        name=entry_name(request, found),
        form=form,
        inbound=inbound,
        locked=lock_sentence(request) if inbound else "",
        back=back,
        state=found.state_on(today()).name.lower(),
        blocked=len(impact.removal_impact(found).blocked),
        renewal_days=RENEWAL_DAYS,
        unused=unused_days([found]).get(found.pk, 0),
    )


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@form_page
def remove(request: PageRequest, project_path: str, entry: int) -> HttpResponse:
    """GET asks, POST removes; also if the user may not see the target, so that access can always be withdrawn."""
    project, found = request.access.project, find_entry(request, entry)
    back, name = list_page(found), entry_name(request, found)
    if request.method == "POST":
        try:
            services.delete_entry(found, by=current_user(request))
        except TokenAccessError as error:
            messages.error(request, error_text(error, name))
        else:
            messages.success(request, _("%(name)s removed from the list.") % {"name": name})
        return redirect(back, project.full_path)
    confirmation = removal_confirmation(found, name, impact.removal_impact(found))
    return render_token_access(request, "remove_entry.html", entry=found, confirmation=confirmation, back=back)


def find_entry(request: PageRequest, pk: int) -> Any:
    """On a list of the project or group."""
    holder = target_of(request)
    found = entries_of(holder).select_related(str(holder.kind), *_RELATED).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def list_page(entry: ListEntry) -> str:
    """The name of the page of the list that it is on."""
    inbound = entry.direction == Direction.INBOUND
    return f"{entry.holder.kind}_token_access" if inbound else "project_token_access_outbound"


def entry_name(request: PageRequest, entry: ListEntry) -> str:
    if can_see(current_user(request), entry.target):
        return entry.target.full_path
    return _("the project you cannot see") if entry.kind is TargetKind.PROJECT else _("the group you cannot see")


def _try_to_add(request: PageRequest, form: PathForm, kind: TargetKind | None, **options: Any) -> AllowlistEntry | None:
    """The new entry, or None after adding the error to the form's path field."""
    path = form.cleaned_data["path"]
    target = TargetName(IdOrPath.of_path(path), kind)
    try:
        return services.add_entry(request.access.project, target, by=request.access.current_user, **options)
    except TokenAccessError as error:
        form.add_error("path", error_text(error, path))
    return None


def try_to_change(request: PageRequest, entry: ListEntry, form: TermsForm) -> bool:
    """False after adding the error to the form."""
    try:
        with transaction.atomic():
            _change(entry, form, current_user(request))
    except TokenAccessError as error:
        add_term_error(form, error, error_text(error, entry_name(request, entry)))
        return False
    return True


def _change(entry: ListEntry, form: TermsForm, by: User) -> None:
    if isinstance(form, EntryForm):
        services.set_entry_permissions(entry, by=by, **form.grant)
    services.set_terms(entry, form.read_terms(entry.holder), by=by)
