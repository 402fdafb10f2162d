"""New projects and new groups."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from pages.form_errors import add_service_error
from pages.frame import render_page
from projects import services
from projects.forms.projects import NewGroupForm, NewProjectForm
from projects.models import Group
from tokenaccess.access.gate import is_allowed
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role


def _group_from_query(request: PageRequest, groups: QuerySet[Group]) -> Group | None:
    """The group that the address proposes: `?in=acme/backend`."""
    return groups.filter(full_path=request.GET.get("in", "").replace("\0", "")).first()


@requires(Action.CREATE_OWN_PROJECT)
@form_page
def new_project(request: PageRequest) -> HttpResponseBase:
    person = current_user(request)
    groups = Group.objects.with_min_role(person, Role.DEVELOPER).exclude(Q(person=person)).order_by("full_path")
    form = NewProjectForm(
        request.POST or None, person=person, groups=groups, initial={"group": _group_from_query(request, groups)}
    )
    if request.method == "POST" and form.is_valid():
        made = _create_project(request, form.cleaned_data, form)
        if made is not None:
            messages.success(request, _("%(path)s created.") % {"path": made})
            return redirect("project", made)
    return render_page(request, "projects/new_project.html", form=form)


def _create_project(request: PageRequest, data: dict[str, Any], form: NewProjectForm) -> str | None:
    """The new project's path; None when it was refused."""
    person, group = current_user(request), data["group"]
    if group is not None and not is_allowed(request, Action.CREATE_PROJECT, group):
        raise PermissionDenied(_("You need the Developer role in a group to create a project in it."))
    try:
        project = services.create_project(
            name=data["name"],
            path=data["path"],
            group=group or services.create_namespace(person),
            visibility=data["visibility"],
            description=data["description"],
            by=person,
        )
    except ValidationError as error:
        add_service_error(form, error)
        return None
    if data["with_readme"]:
        services.write_readme(project, by=person)
    return project.full_path


@requires(Action.CREATE_GROUP)
@form_page
def new_group(request: PageRequest) -> HttpResponseBase:
    person = current_user(request)
    groups = Group.objects.with_min_role(person, Role.MAINTAINER).groups_only().order_by("full_path")
    form = NewGroupForm(request.POST or None, groups=groups, initial={"parent": _group_from_query(request, groups)})
    if request.method == "POST" and form.is_valid():
        made = _create_group(request, form.cleaned_data, form)
        if made is not None:
            messages.success(request, _("%(path)s created.") % {"path": made})
            return redirect("group", made)
    return render_page(request, "projects/new_group.html", form=form)


def _create_group(request: PageRequest, data: dict[str, Any], form: NewGroupForm) -> str | None:
    parent = data["parent"]
    if parent is not None and not is_allowed(request, Action.CREATE_SUBGROUP, parent):
        raise PermissionDenied(_("You need the Maintainer role in a group to create a subgroup."))
    try:
        group = services.create_group(
            name=data["name"],
            path=data["path"],
            parent=parent,
            visibility=data["visibility"],
            description=data["description"],
            by=current_user(request),
        )
    except ValidationError as error:
        add_service_error(form, error)
        return None
    return group.full_path


@requires(Action.READ_GROUP)
@require_safe
def group_address(request: PageRequest, group_path: str) -> HttpResponseBase:
    """`/groups/<path>`, as the API names a group, leads to its page."""
    return redirect("group", request.access.group.full_path)
