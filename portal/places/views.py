"""`/<full path>`: the first page of a project or a group. Both share one tree of paths, so one address serves both."""

from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_safe

from api.secret_parameters import without_secrets
from identity.credentials.table import Surface
from pages.frame import render_page
from pages.listing import name_filter, page_of, search_term
from portal import access, go_import, summary
from portal.places.badges import shown_badges
from projects.models import Group, Project
from tokenaccess.access.gate import check, is_allowed
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.pages import PageRequest, public, requires
from tokenaccess.policy import Action


@requires(Action.READ_PROJECT)
def project_page(request: PageRequest, project_path: str) -> HttpResponse:
    project = request.access.project
    context: dict[str, Any] = {"role": summary.your_role(request, project)}
    context["may_push"] = is_allowed(request, Action.PUSH_CODE, project)
    context["members"] = summary.member_count(project)
    if is_allowed(request, Action.READ_PIPELINES, project):
        context["pipelines"] = summary.latest_pipelines(project)
    if is_allowed(request, Action.MANAGE_TOKEN_ACCESS, project):
        context["token_access"] = summary.token_access_card(project)
    reads_code = is_allowed(request, Action.READ_CODE, project)
    context["badges"] = shown_badges(project, reads_code=reads_code)
    if reads_code:
        context["code"] = summary.code(project)
    return render_page(request, "portal/project.html", context)


@requires(Action.READ_GROUP)
def group_page(request: PageRequest, group_path: str) -> HttpResponse:
    """`?q=&page=` search and page the projects below the group."""
    group, user, q = request.access.group, request.access.user, search_term(request)
    projects = Project.objects.visible_to(user, name_filter(q)).alive().below(group.pk).order_by("full_path")
    page = page_of(request, projects)
    context = {
        "subgroups": Group.objects.visible_to(user).filter(parent=group),
        "page": page,
        "q": q,
        "access": access.visible_access_states(user, page.object_list),
        "role": summary.your_role(request, group),
        "may_create_group": group.person_id is None and is_allowed(request, Action.CREATE_SUBGROUP, group),
        "may_create_project": is_allowed(request, Action.CREATE_PROJECT, group),
    }
    return render_page(request, "portal/group.html", context, nav="group")


@require_safe
def place(request: HttpRequest, project_path: str = "", group_path: str = "") -> HttpResponseBase:
    """A group's page for whoever may see a group there, else a project's.

    Which of the two it is may not decide which is asked for: then a hidden group would tell itself from nothing.
    """
    path = project_path or group_path
    if go_import.is_go_get(request):
        return go_import.go_import(request, path)
    if check(request, Action.READ_GROUP, IdOrPath.of_path(path), surface=Surface.PAGES).decision.allowed:
        return group_page(request, group_path=path)
    return project_page(request, project_path=path)


@public
@require_safe
def repository_address(request: HttpRequest, project_path: str) -> HttpResponse:
    """What git clones, in a browser: leads to the project's page, whether or not there is one."""
    return _redirect(request, f"/{project_path}")


@public
@require_safe
def without_slash(request: HttpRequest, address: str) -> HttpResponse:
    """An address of ours with a slash too many."""
    path = f"/{address.strip('/')}"
    try:
        resolve(path)
    except Resolver404:
        raise Http404 from None
    return _redirect(request, path)


def _redirect(request: HttpRequest, path: str) -> HttpResponse:
    query = without_secrets(f"?{request.META['QUERY_STRING']}") if request.META.get("QUERY_STRING") else ""
    return redirect(f"{quote(path)}{query}")


place.actions = {"GET": Action.READ_PROJECT}  # type: ignore[attr-defined]
place.job_actions = {go_import.KEY: go_import.ACTION}  # type: ignore[attr-defined]
