"""The pages that belong to nobody else: dashboard, lists, search, preferences."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from identity.credentials.table import Surface
from identity.sign_in.users import signed_in_user
from pages.listing import name_filter, page_of, search_term, sort_choice
from portal import access, preferences
from projects.models import Group, Project
from tokenaccess.access.gate import check
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.pages import public
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role

ORDERS = {
    "active": (_("Last activity"), ("-last_activity_at", "-id")),
    "path": (_("Path"), ("full_path",)),
    "new": (_("Newest"), ("-created_at", "-id")),
}


@public
@require_safe
def dashboard(request: HttpRequest) -> HttpResponseBase:
    """`/`: where you have a role; visitors are shown what is public."""
    user = signed_in_user(request)
    if user is None:
        return redirect("projects")
    q = search_term(request)
    yours = Project.objects.with_min_role(user, Role.GUEST).alive().order_by("-last_activity_at", "-id")
    page = page_of(request, yours.visible_to(user, name_filter(q)) if q else yours)
    context = {"page": page, "q": q, "access": access.visible_access_states(user, page.object_list)}
    return render(request, "portal/dashboard.html", context)


@public
@require_safe
def projects(request: HttpRequest) -> HttpResponse:
    """`/explore/projects?q=&sort=&page=`: every project that the visitor may see."""
    q, sort = search_term(request), sort_choice(request, ORDERS)
    seen = Project.objects.visible_to(signed_in_user(request), name_filter(q)).alive().order_by(*ORDERS[sort][1])
    orders = [(value, word) for value, (word, _fields) in ORDERS.items()]
    context = {"page": page_of(request, seen), "q": q, "sort": sort, "orders": orders}
    return render(request, "portal/projects.html", context)


@public
@require_safe
def groups(request: HttpRequest) -> HttpResponse:
    """`/explore/groups?q=&page=`: every group that the visitor may see, people's own namespaces left out."""
    q = search_term(request)
    seen = Group.objects.visible_to(signed_in_user(request), name_filter(q)).groups_only().order_by("full_path")
    return render(request, "portal/groups.html", {"page": page_of(request, seen), "q": q})


@public
@require_safe
def search(request: HttpRequest) -> HttpResponseBase:
    """`/search?q=`: a whole path leads there at once; anything else is looked for in names and paths."""
    q, user = search_term(request), signed_in_user(request)
    if there := _at_path(request, q.strip("/")):
        return there
    found = Project.objects.visible_to(user, name_filter(q)).alive().order_by("full_path")
    found_groups = Group.objects.visible_to(user, name_filter(q)).groups_only().order_by("full_path")[:20] if q else []
    return render(request, "portal/search.html", {"page": page_of(request, found), "groups": found_groups, "q": q})


def _at_path(request: HttpRequest, path: str) -> HttpResponseBase | None:
    """On to the project or group of that path, when there is one that the visitor may see."""
    if not path:
        return None
    project, group = (
        check(request, action, IdOrPath.of_path(path), surface=Surface.PAGES)
        for action in (Action.READ_PROJECT, Action.READ_GROUP)
    )
    if project.decision.allowed:
        return redirect("project", project.project.full_path)
    if group.decision.allowed and group.group.person_id is None:
        return redirect("group", group.group.full_path)
    return None


@public
@require_safe
def show_preferences(request: HttpRequest) -> HttpResponse:
    """Each language stands there by its own name, for whoever cannot read the page's."""
    context = {"zones": preferences.zone_names(), "languages": settings.LANGUAGES}
    return render(request, "portal/preferences.html", context)


@public
@require_POST
def set_theme(request: HttpRequest) -> HttpResponseBase:
    """`theme` = system, light or dark, kept in a cookie."""
    return _remember(request, "theme", preferences.THEMES)


@public
@require_POST
def set_nav(request: HttpRequest) -> HttpResponseBase:
    """`nav` = full or rail, kept in a cookie."""
    return _remember(request, "nav", preferences.NAVS)


@public
@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """`language` = system (as the browser asks), en or ja, kept in a cookie."""
    return _remember(request, settings.LANGUAGE_COOKIE_NAME, preferences.LANGUAGES)


@public
@require_POST
def set_zone(request: HttpRequest) -> HttpResponseBase:
    """`timezone` = a name such as Europe/Berlin, kept in a cookie; for the administration."""
    return _remember(request, preferences.ZONE_COOKIE, preferences.zone_names())


def _remember(request: HttpRequest, name: str, choices: tuple[str, ...]) -> HttpResponseBase:
    """Keeps a choice and leads back to where the person was; an unknown choice is 400 and changes nothing."""
    choice = request.POST.get(name, "")
    if choice not in choices:
        words_ = _("Choose one of %(choices)s.") % {"choices": ", ".join(choices)}
        return render(request, "400.html", {"reason": words_}, status=400)
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = redirect(back if back and safe else "dashboard")
    response.set_cookie(
        name, choice, max_age=preferences.A_YEAR, samesite="Lax", httponly=True, secure=request.is_secure()
    )
    return response
