"""Entries of both lists: adding, changing what they may do, removing with the effects named first."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects.models import Group, Project
from tokenaccess import editors, effects, services
from tokenaccess.errors import Code, TokenAccessError
from tokenaccess.forms import AddForm, PathForm, PermissionsForm
from tokenaccess.models import AllowlistEntry, Direction, InstanceSettings
from tokenaccess.policy import Action
from tokenaccess.reference import Reference
from tokenaccess.views.frame import frame, helped
from tokenaccess.views.removal import question
from tokenaccess.views.rules import reach_page, rules_page
from tokenaccess.web import PageRequest, acting, form_page, requires

UNPROCESSABLE = 422


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def add(request: PageRequest, project_path: str) -> HttpResponse:
    """A project or a group, by its path, to who may come in."""
    project, form = request.access.project, helped(AddForm(request.POST))
    if form.is_valid():
        wanted = {"default_permissions": form.default_permissions, "permissions": form.granted}
        done = _try_to_admit(request, form, wanted)
        if done is not None:
            messages.success(request, _("%(path)s may come in now.") % {"path": done.target.full_path})
            return redirect("project_token_access", project.full_path)
    return rules_page(request, add_form=form, status=UNPROCESSABLE)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def add_outbound(request: PageRequest, project_path: str) -> HttpResponse:
    """A project, by its path, to what the project's own jobs may reach."""
    project, form = request.access.project, helped(PathForm(request.POST))
    if form.is_valid():
        done = _try_to_admit(request, form, {"direction": Direction.OUTBOUND})
        if done is not None:
            messages.success(request, _("Jobs of this project may reach %(path)s.") % {"path": done.target.full_path})
            return redirect("project_token_access_outbound", project.full_path)
    return reach_page(request, add_form=form, status=UNPROCESSABLE)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@form_page
def edit(request: PageRequest, project_path: str, entry: int) -> HttpResponse:
    """What the jobs of an entry may do here."""
    project, found = request.access.project, _entry(request, entry)
    if found.direction == Direction.OUTBOUND:
        raise Http404
    form = PermissionsForm(request.POST) if request.method == "POST" else PermissionsForm.of(found)
    if request.method == "POST" and form.is_valid() and _try_to_change(request, found, form):
        messages.success(request, _("Changed what jobs of %(path)s may do here.") % {"path": _name(request, found)})
        return redirect("project_token_access", project.full_path)
    status = UNPROCESSABLE if form.errors else 200
    shown = frame(project, entry=found, name=_name(request, found), form=form)
    return render(request, "tokenaccess/edit_entry.html", shown, status=status)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@form_page
def remove(request: PageRequest, project_path: str, entry: int) -> HttpResponse:
    """Asked with GET, done with POST. Also for what one may not see: nobody is kept from closing a door."""
    project, found = request.access.project, _entry(request, entry)
    back = "project_token_access" if found.direction == Direction.INBOUND else "project_token_access_outbound"
    name = _name(request, found)
    if request.method == "POST":
        services.remove_entry(found, by=acting(request))
        messages.success(request, _("%(name)s is off the list.") % {"name": name})
        return redirect(back, project.full_path)
    asked = question(found, name, effects.removal(found))
    return render(request, "tokenaccess/remove_entry.html", frame(project, entry=found, asked=asked, back=back))


def _entry(request: PageRequest, pk: int) -> AllowlistEntry:
    entries = AllowlistEntry.objects.filter(project=request.access.project, pk=pk)
    found = entries.select_related("project", "target_project__group", "target_group", "added_by").first()
    if found is None:
        raise Http404
    return found


def _name(request: PageRequest, entry: AllowlistEntry) -> str:
    if editors.sees(acting(request), entry.target):
        return entry.target.full_path
    return _("the project you may not see") if entry.target_project_id else _("the group you may not see")


def _try_to_admit(request: PageRequest, form: Any, wanted: dict[str, Any]) -> AllowlistEntry | None:
    """The new entry, or None with the reason at the form's path."""
    project, path = request.access.project, form.cleaned_data["path"]
    try:
        target = _target(request, path, groups=wanted.get("direction") != Direction.OUTBOUND)
        if isinstance(target, Group):
            return services.admit_group(project, target=target, by=acting(request), **wanted)
        return services.admit_project(project, target=target, by=acting(request), **wanted)
    except TokenAccessError as error:
        form.add_error("path", worded(error, path))
    return None


def _target(request: PageRequest, path: str, *, groups: bool) -> Project | Group:
    user, reference = acting(request), Reference.of_path(path)
    return editors.find_place(user, reference) if groups else editors.find(user, "project", reference)


def _try_to_change(request: PageRequest, entry: AllowlistEntry, form: PermissionsForm) -> bool:
    try:
        services.set_permissions(
            entry.project,
            target=entry.target,
            default_permissions=form.default_permissions,
            permissions=form.granted,
            by=acting(request),
        )
    except TokenAccessError as error:
        form.add_error(None, worded(error, _name(request, entry)))
        return False
    return True


def worded(error: TokenAccessError, path: str) -> str:
    """The refusal as the portal speaks: what is, and what to do next."""
    most = InstanceSettings.current().allowlist_limit
    sentences = {
        Code.HIDDEN: _("There is no project or group %(path)s that you may see. Check the spelling."),
        Code.FORBIDDEN: _("You are not maintainer of %(path)s. Ask one of its maintainers to add the entry with you."),
        Code.OWN: _("%(path)s is this project itself. It is always on its own list."),
        Code.LISTED: _("%(path)s is on the list already."),
        Code.FULL: _("The list is full: it holds %(most)d. Remove an entry, or add a group that holds several."),
        Code.NOT_LISTED: _("%(path)s is no longer on the list."),
    }
    return sentences.get(error.code, error.message) % {"path": path, "most": most}
