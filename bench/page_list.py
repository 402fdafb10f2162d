"""Every page of the portal and of the administration, from the URL table: a new one is walked without being named here.

A page is an address that answers a GET with 200. What takes no GET answers 405 and is none; every other route is left
out with its reason. The benchmark and the test of the numbers of statements walk the same list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.contrib.admin import site
from django.test import RequestFactory
from django.urls import reverse

from bench.page_questions import POSTS, QUERIES
from identity.models import User
from tokenaccess.adapters.endpoints import endpoints, is_git

# A pattern of routes → why they are not walked.
LEFT_OUT = {
    r"/api/(?!schema/ui)|/access/|/\.well-known/|/oauth/(?!device$|authorize$)": "programs ask for it",
    r"/-/(ssh/|health|liveness|readiness)|/jwt/|/_/|.*/info/refs$|.*\.atom$": "programs ask for it",
    r"/users/|/-/user_settings/single_sign_on": "of people who are not signed in",
    r"/-/user_settings/two_factor/(app/remove|recovery_codes|passkeys)": "of people with a second factor; no lists",
    r"/admin$|.*/releases/permalink|/groups/<full_path:group_path>$|.*\.git$|/<path:address>/$": "leads elsewhere",
    r"/<full_path:project_path>/-/tree$": "leads elsewhere",
    r".*(\.csv|\.yml|\.dot|\.graphml|\.svg|\.json|<str:suffix>|/export|/raw(/.*)?|/download(/.*)?|/downloads/.*)$": "a "
    "file",
    r".*/(archive/<|lfs/objects/<|export_job_token|jobs/<int:job_id>/tail).*": "a file, or a piece of one",
}
# Of the administration, by the names of its routes.
ADMIN_LEFT_OUT = {
    "None": "leads elsewhere",  # a row's address without a word behind it
    "login|logout|password_change|password_change_done|tokenaccess_instancesettings_changelist": "leads elsewhere",
    "jsi18n|autocomplete": "scripts ask for it",
    "view_on_site": "leads elsewhere",
    ".*_export": "a file",
}
# Owners and administrators only.
_OF_OWNERS = re.compile(r".*/(transfer|archive|general|reviews)$|.*/settings/delete$|.*/(group_links|members)(/.*)?$")
_PARAMETER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")


@dataclass(frozen=True)
class Page:
    """`name`: its route, and what is asked of it. `fields`: of a form that is sent, and changes nothing."""

    name: str
    address: str
    as_administrator: bool
    fields: Mapping[str, str] = field(default_factory=dict)


def why_left_out(route: str) -> str:
    if is_git(route):
        return "of git"
    return next((reason for pattern, reason in LEFT_OUT.items() if re.match(pattern, route)), "")


def routes() -> list[str]:
    """Of the portal; the administration's are in `admin_pages`."""
    return list(dict.fromkeys(endpoint.route for endpoint in endpoints()))


def pages(values: Mapping[str, Any], administrator: User) -> Iterator[Page]:
    """`values`: as of bench.page_values."""
    for route in routes():
        if not why_left_out(route):
            for home in _homes(route):
                yield from _pages_of(route, home, values)
    yield from admin_pages(administrator)


def _homes(route: str) -> list[str]:
    """Whose page it is: every group's is also walked of the group above all projects."""
    if "group_path>" in route:
        return ["group", "top"]
    return ["project" if "project_path>" in route else "instance"]


def _pages_of(route: str, home: str, values: Mapping[str, Any]) -> Iterator[Page]:
    own = {name.removeprefix(f"{home}."): value for name, value in values.items() if name.startswith(f"{home}.")}
    values = {**values, **own}
    address, of_home = _fill(route, values), " of the top group" if home == "top" else ""
    chief = not route.startswith("/<full_path:project_path>") or bool(_OF_OWNERS.match(route))
    for query in _questions(QUERIES, route) or [""]:
        yield Page(route + query + of_home, address + query.format(**values), chief)
    for number, fields in enumerate(_questions(POSTS, route)):
        sent = {name: text.format(**values) for name, text in fields.items()}
        yield Page(f"POST {route} {number}{of_home}", address, chief, sent)


def _questions(questions: Mapping[str, list[Any]], route: str) -> list[Any]:
    return next((found for end, found in questions.items() if route.endswith(end)), [])


def _fill(route: str, values: Mapping[str, Any]) -> str:
    if route.endswith("/reviews"):  # leads to the open review where there is one
        values = {**values, "project_path": values["other"], "group_path": values["other"]}
    plain = _PARAMETER.sub(r"<\1>", route)
    part = next((part for part in values if "<" in part and part in plain), "")

    def value(found: re.Match[str]) -> str:
        name = found[1]
        special = values[part] if part and part.rpartition("<")[2].partition(">")[0] == name else None
        one = special or values.get(name)
        if one is None:
            raise KeyError(f"{route} has {name}, for which bench/page_values.py has no value")
        return quote(str(one), safe="/~")

    return _PARAMETER.sub(value, route)


def admin_pages(administrator: User) -> Iterator[Page]:
    """Of each model its list and the form to add one, and of its newest row the form, the history and the page that
    asks before it is deleted: what the administrator is offered."""
    request = RequestFactory().get("/admin/")
    request.user = administrator
    yield Page("/admin/", reverse("admin:index"), True)
    for label in {model._meta.app_label for model in site._registry}:
        yield Page(f"/admin/{label}/", reverse("admin:app_list", args=[label]), True)
    for model, admin in site._registry.items():
        newest = model._base_manager.order_by("-pk").first()
        offered = {"add": admin.has_add_permission(request), "delete": admin.has_delete_permission(request, newest)}
        for route in admin.get_urls():
            name = str(route.name)
            has_row = bool(route.pattern.converters)
            if why_left_out_of_admin(name) or not offered.get(name.rpartition("_")[2], True):
                continue
            if newest is not None or not has_row:
                row = [newest.pk] if newest is not None and has_row else []
                yield Page(f"admin:{name}", reverse(f"admin:{name}", args=row), True)


def why_left_out_of_admin(name: str) -> str:
    return next((reason for pattern, reason in ADMIN_LEFT_OUT.items() if re.fullmatch(pattern, name)), "")
