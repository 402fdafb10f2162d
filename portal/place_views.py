"""`/<full path>`: the first page of a project or a group. Both share one tree of paths, so one address serves both."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal import access, overview
from portal.listing import named, page_of, words
from projects.models import Group, Project
from tokenaccess.gate import ask, may
from tokenaccess.policy import Action
from tokenaccess.reference import Reference
from tokenaccess.web import PageRequest, requires


@requires(Action.READ_PROJECT)
def project_page(request: PageRequest, project_path: str) -> HttpResponse:
    project = request.access.project
    context: dict[str, Any] = {"project": project, "role": overview.your_role(request, project)}
    context["members"] = overview.member_count(project)
    if may(request, Action.READ_PIPELINES, project):
        context["pipelines"] = overview.latest_pipelines(project)
    if may(request, Action.MANAGE_TOKEN_ACCESS, project):
        context["door"] = overview.door(project)
    if may(request, Action.READ_CODE, project):
        context["code"] = overview.code(project)
        context["may_push"] = may(request, Action.PUSH_CODE, project)
    return render(request, "portal/project.html", context)


@requires(Action.READ_GROUP)
def group_page(request: PageRequest, group_path: str) -> HttpResponse:
    """`?q=&page=` search and page the projects below the group."""
    group, user, q = request.access.group, request.access.user, words(request)
    projects = Project.objects.visible_to(user, named(q)).alive().below(group.pk).order_by("full_path")
    page = page_of(request, projects)
    context = {
        "group": group,
        "nav_current": "group",
        "subgroups": Group.objects.visible_to(user).filter(parent=group),
        "page": page,
        "q": q,
        "access": access.states_for(user, page.object_list),
        "role": overview.your_role(request, group),
        "may_create_group": group.person_id is None and may(request, Action.CREATE_SUBGROUP, group),
        "may_create_project": may(request, Action.CREATE_PROJECT, group),
    }
    return render(request, "portal/group.html", context)


@require_safe
def place(request: HttpRequest, project_path: str = "", group_path: str = "") -> HttpResponseBase:
    """A group's page for whoever may see a group there, else a project's.

    Which of the two it is may not decide which is asked for: then a hidden group would tell itself from nothing.
    """
    path = project_path or group_path
    if ask(request, Action.READ_GROUP, Reference.of_path(path), only_sessions=True).decision.allowed:
        return group_page(request, group_path=path)
    return project_page(request, project_path=path)


place.actions = {"GET": Action.READ_PROJECT}  # type: ignore[attr-defined]
