"""Who reaches which route of the API: every route, by every method, from what the routes declare.

The gate is the real one; behind it each route answers 418 instead of doing its work. Of the roles those are asked that
decide: the one that the action takes, the one below, Guest and Owner (that no role may less than one below it is a law
of tests/policy).
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from rest_framework.views import APIView

from api.rest import ApiError
from projects.models import Group
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tokenaccess.access.gate import authorize
from tokenaccess.adapters import plain
from tokenaccess.adapters.endpoints import Endpoint, endpoints
from tokenaccess.policy import Action
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.levels import Role, Visibility
from tokenaccess.policy.needs import NEEDS, Needs

REACHED = 418
ROLES = [role for role in Role if role]
ROUTES = [endpoint for endpoint in endpoints() if endpoint.route.startswith(("/api/v4/", "/access/v1/"))]
# No role decides about these. A job's own token, a runner's, a trigger's or the registry's does …
BY_ANOTHER_CREDENTIAL = {
    "GET /api/v4/job",
    "GET /api/v4/job/allowed_agents",
    "GET /api/v4/token_access/self",
    "POST /api/v4/token_access/self/narrow",
    "POST /api/v4/token_access/preflight",
    "POST /api/v4/jobs/request",
    "PUT /api/v4/jobs/:job_id",
    "PATCH /api/v4/jobs/:job_id/trace",
    "POST /api/v4/jobs/:job_id/artifacts",
    "POST /api/v4/runners",
    "DELETE /api/v4/runners",
    "POST /api/v4/runners/verify",
    "DELETE /api/v4/runners/managers",
    "POST /api/v4/runners/reset_authentication_token",
    "GET /api/v4/runners/router/discovery",
    "POST /api/v4/projects/:project/trigger/pipeline",
    "POST /api/v4/projects/:project/ref/:ref/trigger/pipeline",
    "POST /api/v4/container_registry_event/events",
}
# … or the role in a project that a row leads to (tests/jobs/artifacts, tests/containers/test_api.py).
BY_A_ROW = {"GET /api/v4/jobs/:job_id/artifacts", "GET /api/v4/registry/repositories/:repository_id"}


@pytest.fixture
def _open_ended(monkeypatch: pytest.MonkeyPatch) -> None:

    def stop(*_: Any, **__: Any) -> None:
        raise ApiError(REACHED, "reached")

    def authorize_and_stop(*args: Any, **more: Any) -> None:
        authorize(*args, **more)
        stop()

    monkeypatch.setattr(APIView, "initial", stop)
    monkeypatch.setattr(plain, "authorize", authorize_and_stop)


@pytest.fixture
def hidden(cast: Cast) -> Group:
    """A private group in which the cast has the roles that it has in the library."""
    group = projects.group("hidden", by=cast.owner, visibility=Visibility.PRIVATE)
    for role in ROLES[:-1]:
        projects.member(getattr(cast, role.name.lower()), group, role)
    return group


def address(endpoint: Endpoint, cast: Cast, group: Group) -> str:
    places = {"project": str(cast.library.pk), "group": str(group.pk), "suffix": "zip"}
    return re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda found: places.get(found[1], "1"), endpoint.route)


def expected_statuses(needs: Needs, caller: str) -> set[int]:
    """Of a private project or group with all its features."""
    if caller == "admin":
        return {REACHED}
    if needs.kind is TargetKind.INSTANCE:
        if caller == "visitor":
            return {REACHED} if needs.visitors else {401}
        return {REACHED} if needs.role is Role.NONE else {403}
    if caller == "visitor":
        return {401, 404}
    if caller == "stranger":
        return {404}
    # Routes of tokens say 401 to members too, as GitLab does.
    return {REACHED} if Role[caller.upper()] >= needs.role else {401, 403}


def callers_for(needs: Needs) -> set[str]:
    below = max((role for role in ROLES if role < needs.role), default=Role.GUEST)
    at = {max(needs.role, Role.GUEST), below, Role.GUEST, Role.OWNER}
    return {role.name.lower() for role in at} | {"admin", "stranger", "visitor"}


def is_about_the_address(endpoint: Endpoint, needs: Needs) -> bool:
    """Not a job, nor a route that finds its project by something else, and answers 404 where there is none."""
    named = {TargetKind.PROJECT: "project>", TargetKind.GROUP: "group>", TargetKind.INSTANCE: ""}
    return needs.kind in named and named[needs.kind] in endpoint.route


def asked_routes() -> list[tuple[Endpoint, str, Action]]:
    pairs = [(endpoint, *pair) for endpoint in ROUTES for pair in endpoint.actions.items()]
    return [pair for pair in pairs if is_about_the_address(pair[0], NEEDS[pair[2]])]


@pytest.mark.pure
def test_every_route_of_the_api_is_in_the_matrix_or_named_here():
    asked = {f"{key.partition(' ')[0]} {endpoint.path}" for endpoint, key, _ in asked_routes()}
    there = {f"{method} {endpoint.path}" for endpoint in ROUTES for method in endpoint.methods}
    assert there - asked == BY_ANOTHER_CREDENTIAL | BY_A_ROW


@pytest.mark.once
@pytest.mark.usefixtures("_open_ended")
def test_every_route_is_reached_by_the_roles_that_its_action_takes(cast: Cast, hidden: Group):
    callers = {role.name.lower(): getattr(cast, role.name.lower()) for role in ROLES}
    callers |= {"admin": cast.admin, "stranger": people.person("stranger")}
    headers = {name: {"PRIVATE-TOKEN": token_for(user)} for name, user in callers.items()} | {"visitor": {}}
    client, wrong, asked = Client(), [], 0
    for endpoint, key, action in asked_routes():
        path, needs = address(endpoint, cast, hidden), NEEDS[action]
        for name in callers_for(needs):
            status = client.generic(key.partition(" ")[0], path, headers=headers[name]).status_code
            asked += 1
            if status not in expected_statuses(needs, name):
                wrong.append(f"{key} {endpoint.path} ({action.name}) as {name}: {status}")
    assert not wrong, "\n".join(wrong)
    assert asked > 1500
