"""No endpoint without a declared answer to "who may?".

Every view declares the `actions` it asks the gate for, or `public`, or `own_credential`; Django's admin has its own
staff check in front. A view that declares nothing fails here before it can be forgotten.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path, resolve
from django.views import View
from rest_framework.views import APIView

from projects.models import Group
from tests.factories import projects
from tests.factories.cast import Cast
from tests.factories.projects import commit
from tokenaccess.adapters.drf import GatedView
from tokenaccess.adapters.endpoints import Endpoint, endpoints
from tokenaccess.adapters.pages import public, requires
from tokenaccess.management.commands.endpoints import table
from tokenaccess.policy.actions import Action, TargetKind
from tokenaccess.policy.needs import NEEDS

ALL = list(endpoints())
HANDLERS = ("get", "post", "put", "patch", "delete")


def test_every_endpoint_says_who_may_use_it():
    naked = sorted(f"{endpoint.path} ({endpoint.name})" for endpoint in ALL if not declares_access(endpoint))
    assert not naked, "These declare neither actions, nor public, nor own_credential:\n" + "\n".join(naked)


def declares_access(endpoint: Endpoint) -> bool:
    return bool(endpoint.actions) or endpoint.public or endpoint.own_credential


def test_nothing_is_public_and_gated_at_once():
    torn = {endpoint.name for endpoint in ALL if endpoint.actions and (endpoint.public or _own_for_the_same(endpoint))}
    assert not torn


def _own_for_the_same(endpoint: Endpoint) -> bool:
    """Whether a credential of its own is asked for where the gate is asked too; `{method: …}` names where it is."""
    own = getattr(endpoint.handler, "own_credential", None)
    return bool(own) and (not isinstance(own, dict) or not own.keys().isdisjoint(endpoint.actions))


def test_every_action_declared_is_one_the_policy_knows():
    unknown = [f"{e.name}: {action}" for e in ALL for action in e.actions.values() if action not in NEEDS]
    assert not unknown


def test_a_gated_view_has_an_action_for_each_method_and_a_method_for_each_action():
    wrong = []
    for endpoint in ALL:
        if isinstance(endpoint.handler, type) and issubclass(endpoint.handler, GatedView):
            handled = {name.upper() for name in HANDLERS if hasattr(endpoint.handler, name)}
            if handled != set(endpoint.actions):
                wrong.append(f"{endpoint.name}: handles {handled}, declares {set(endpoint.actions)}")
    assert not wrong, "\n".join(wrong)


def test_every_declared_action_is_checked(cast: Cast, client):
    """A visitor gets nothing from any gated endpoint about a private project or group: each really asks the gate."""
    unchecked = []
    for endpoint in ALL:
        for key, action in endpoint.actions.items():
            if NEEDS[action].kind is TargetKind.INSTANCE and NEEDS[action].visitors:
                continue  # a list of what one may see; a visitor may see something
            method, _, query = key.partition(" ")
            address = _address(endpoint, cast)
            answer = client.generic(method, address, QUERY_STRING=query)
            if answer.status_code not in {302, 401, 403, 404} or resolve(address).func is not endpoint.view:
                unchecked.append(f"{key} {endpoint.path}: {answer.status_code} from {resolve(address)._func_path}")
    assert not unchecked, "\n".join(unchecked)


def _address(endpoint: Endpoint, cast: Cast) -> str:
    """An address the endpoint answers, about the cast's private project and a group that is private too."""
    hidden = projects.group("hidden", visibility=0) if not Group.objects.filter(path="hidden").exists() else None
    group = hidden or Group.objects.get(path="hidden")
    places = {
        "project": str(cast.library.pk),
        "group": str(group.pk),
        "project_path": cast.library.full_path,
        "suffix": "zip",
        "group_path": group.full_path,
    }
    return re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda found: places.get(found[1], "1"), endpoint.route)


# --- The walk itself --------------------------------------------------------------------------------------------------


def naked_function(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class NakedPage(View):
    pass


class NakedApi(APIView):
    pass


class Declared(GatedView):
    actions = {"GET": Action.READ_CODE}


@public
def open_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@requires(Action.READ_CODE, POST=Action.PUSH_CODE)
def page(request: HttpRequest, project_path: str) -> HttpResponse:
    return HttpResponse()


DEEP = [path("page", NakedPage.as_view()), re_path(r"^api$", NakedApi.as_view())]
PATTERNS: list[URLPattern | URLResolver] = [
    path("naked", naked_function),
    path("in/", include([path("deep/", include(DEEP))])),
    path("api/v4/projects/<ref:project>/code", Declared.as_view()),
    path("<full_path:project_path>/-/code", page),
    path("open", open_page),
    path("staff/", admin.site.urls),
]


@pytest.mark.pure
def test_the_walk_finds_a_naked_view_wherever_it_hides():
    found = {endpoint.path: endpoint for endpoint in endpoints(PATTERNS)}
    naked = {path for path, endpoint in found.items() if not declares_access(endpoint)}
    assert naked == {"/naked", "/in/deep/page", "/in/deep/api"}
    assert found["/open"].public
    assert found["/:project_path/-/code"].actions == {"GET": Action.READ_CODE, "POST": Action.PUSH_CODE}


@pytest.mark.pure
def test_the_walk_leaves_out_the_administration_only():
    assert not any("staff" in endpoint.path for endpoint in endpoints(PATTERNS))
    assert len({endpoint.path for endpoint in ALL}) > 20


@pytest.mark.pure
def test_a_page_takes_no_job_token_where_the_same_action_of_the_api_does():
    found = {endpoint.path: endpoint for endpoint in endpoints(PATTERNS)}
    assert found["/api/v4/projects/:project/code"].job_token_actions == {"GET": Action.READ_CODE}
    assert not found["/:project_path/-/code"].job_token_actions


def test_a_job_token_opens_no_page(cast: Cast, api):
    commit(cast.library, {"README.md": "hello"})
    token = cast.job_token(cast.library)
    answer = api(job=token).get(f"http://testserver/{cast.library.full_path}/-/tree/main")
    assert answer.status_code == 302
    assert "sign_in" in answer["Location"]


# --- The generated table ----------------------------------------------------------------------------------------------


def test_the_table_names_every_endpoint_that_accepts_a_job_token():
    text = table()
    in_api = [endpoint for endpoint in ALL if endpoint.route.startswith("/api/")]
    accepting = [endpoint for endpoint in in_api if any(NEEDS[action].jobs for action in endpoint.actions.values())]
    missing = [endpoint.path for endpoint in accepting if f"`{endpoint.path}`" not in text]
    assert not missing


def test_the_table_in_the_docs_is_up_to_date():
    call_command("endpoints", "--check")
    assert (Path(settings.BASE_DIR) / "docs" / "job-token-endpoints.md").read_text() == table()


def test_a_stale_table_is_an_error(settings, tmp_path: Path):
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match="out of date"):
        call_command("endpoints", "--check")
    call_command("endpoints")
    call_command("endpoints", "--check")


def test_the_table_stands_where_the_docs_are():
    assert (Path(settings.BASE_DIR) / "docs" / "job-token-endpoints.md").exists()
