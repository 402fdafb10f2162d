"""The list of all pages, made from the table of addresses; what is left out has its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from tests.browser.all_pages.states import states
from tests.browser.all_pages.world import Page, World
from tokenaccess.adapters.endpoints import endpoints

# Part of a route → why it is no page to look at. What takes POST alone or leads on to another page says so itself.
LEFT_OUT = {
    r"^/(api/(?!schema/ui)|access|jwt|_/oidc|\.well-known)": "programs ask there",
    r"\.git/|/info/(refs|lfs)": "git asks there",
    r"^/-/(ssh/|health|liveness|readiness)": "programs ask there",
    r"^/oauth/(token|revoke|introspect|userinfo|discovery|authorize_device)": "programs ask there",
    r"^/users/auth|/single_sign_on": "there is no provider of single sign-on",
    r"^/users/sign_in/two_factor": "comes between the password and the first page",
    r"^/<path:address>/$": "any address with a slash too many",
    r"^/admin$": "leads on to the administration",
    r"^/users/sign_out": "would sign out",
    r"/permalink/|/downloads/": "leads on to a file or a release",
    r"/lfs/objects/|/-/raw/|/-/archive/|/artifacts/(raw|download)|/raw$|/evidences/|/download$": "a file",
    r"\.(csv|yml|svg|atom|dot|graphml|<str:suffix>)$|/export(_job_token_authorizations)?$": "a file",
    r"/jobs/<int:job_id>/tail$": "what an open page of a job loads",
}
# End of a route → what the address takes besides its parameters.
QUERIES: dict[str, dict[str, str]] = {
    "/search": {"q": "lib"},
    "/token_access/explain": {
        "source": "acme/app", "target": "acme/library", "action": "read_packages", "username": "developer"
    },
    "/posture/accept": {"check": "entry_without_end", "subject": "{entry}"},
    "/entries/change": {"change": "permissions", "entry": "{entry}"},
}  # fmt: skip
# Part of a route → parameter → which value it takes there.
SPECIAL = {
    "/-/packages/": {"file_id": "package_file_id"},
    "/container_registry/": {"tag": "image_tag"},
    "/-/tree/": {"address": "folder"},
    "/-/blob/": {"address": "file"},
    "/-/commits/": {"address": "ref"},
    "/revoke": {"application_id": "instance_application_id"},
    "/artifacts/browse/": {"path": "artifact_folder"},
}
FIXED = {
    "project_path": "acme/library",
    "group_path": "acme",
    "folder": "main/guide",
    "file": "main/README.md",
    "image_tag": "latest",
    "artifact_folder": "dir",
}
PLACES = {"/groups/": "group", "/-/user_settings/": "own", "/-/": "instance"}
VISITORS = ("/users/sign_in",)


@dataclass
class Listing:
    """`left_out`: address → why."""

    pages: list[Page] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def list_pages(world: World) -> Listing:
    """A page for each address that answers GET, and the states of pages that have several."""
    listing = Listing()
    for route, view in _routes().items():
        reason = next((why for part, why in LEFT_OUT.items() if re.search(part, route)), "")
        if reason:
            listing.left_out[route] = reason
        else:
            listing.pages.append(_page(world, route, view))
    listing.pages += states(world)
    return listing


def list_empty_pages(world: World) -> list[Page]:
    """The pages of a project and of a group that nothing is in."""
    names = {"project": world.empty.full_path, "group": "partners"}
    return [
        Page(re.sub(r"<full_path:(project|group)_path>", lambda match: names[match[1]], route))
        for route in _routes()
        if re.fullmatch(r"/(groups/)?<full_path:(project|group)_path>(/-/[a-z_/]+)?", route)
        and not any(re.search(part, route) for part in LEFT_OUT)
        and not route.endswith("/accept")
    ]


def one_of_each_view(pages: list[Page]) -> list[Page]:
    """That of a project, where groups and the instance have the same; and all states."""
    chosen = {page.view: page for page in pages if page.view}
    chosen |= {page.view: page for page in pages if page.view and page.path.startswith("/acme/")}
    return [page for page in pages if not page.view or chosen[page.view] is page]


def _routes() -> dict[str, str]:
    """Route → name of the view."""
    found: dict[str, str] = {}
    for endpoint in endpoints():
        found.setdefault(endpoint.route, endpoint.name)
    return found


def _page(world: World, route: str, view: str) -> Page:
    place = next((name for start, name in PLACES.items() if route.startswith(start)), "project")
    values = {**FIXED, **world.values}
    special = {name: key for part, names in SPECIAL.items() if part in route for name, key in names.items()}

    def value(match: re.Match[str]) -> str:
        name, own = match["name"], f"{place}_{match['name']}"
        return quote(str(values[special.get(name, own if own in values and own != "project_path" else name)]))

    path = re.sub(r"<(?:[^:>]+:)?(?P<name>[^>]+)>", value, route)
    query: Any = next((query for end, query in QUERIES.items() if route.endswith(end)), {})
    query = {name: text.format_map(values) for name, text in query.items()}
    if route == "/oauth/authorize":
        query = world.values["authorize"]
    person = "root" if place == "instance" else "owner"
    address = f"{path}?{urlencode(query)}" if query else path
    return Page(address, "" if route in VISITORS else person, view=view)
