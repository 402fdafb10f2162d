"""What glab and Terraform's provider send to set projects and groups up, one request after the other.

Each sequence is that of a resource of the provider (create, read, update, delete and read until it is gone), or of a
command of glab, as their sources have it: with the defaults that they send along, and by the path where they use it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.contract.world import Place, World

# What `gitlab_project_hook` sends with every change, whatever the configuration says.
EVENTS_OF_OTHERS = (
    "issues_events", "confidential_issues_events", "merge_requests_events", "note_events", "confidential_note_events",
    "wiki_page_events",
)  # fmt: skip


class Sender:
    """`at`: the address of a place, below which it asks."""

    def __init__(self, world: World, at: str) -> None:
        self.live, self.at = world.live, at

    def send(self, method: str, address: str = "", status: int | None = None, /, **body: Any) -> Any:
        answer = self.live.call(method, self.at + address, body or None, status=status)
        return answer.json if answer.body else None


@pytest.fixture(params=["projects", "groups"])
def place(world: World, request: pytest.FixtureRequest) -> Sender:
    """By its path, which is what both write where the configuration or the folder has it."""
    of: Place = world.library if request.param == "projects" else world.group
    return Sender(world, f"/{request.param}/{quote(of.path, safe='')}")


def test_the_provider_manages_a_project(world: World) -> None:
    made = world.live.make(
        "/projects", name="managed", path="managed", namespace_id=world.group.id, description="by code",
        visibility="private", initialize_with_readme=True, container_registry_access_level="enabled",
        ci_config_path="ci.yml",
    )  # fmt: skip
    project = Sender(world, f"/projects/{made['id']}")
    read = project.send("GET")
    assert (read["import_status"], read["default_branch"], read["ci_config_path"]) == ("none", "main", "ci.yml")
    project.send("PUT", description="changed", build_timeout=1800)
    assert (project.send("GET")["description"], project.send("GET")["build_timeout"]) == ("changed", 1800)
    project.send("GET", "/push_rule", 404)
    project.send("DELETE")
    project.send("GET", "", 404)


def test_the_provider_manages_a_group(world: World) -> None:
    made = world.live.make("/groups", name="managed", path="managed", parent_id=world.group.id, visibility="private")
    group = Sender(world, f"/groups/{made['id']}")
    assert group.send("GET", "?with_projects=false")["parent_id"] == world.group.id
    group.send("PUT", name="renamed", path="managed", visibility="private")
    assert group.send("GET")["name"] == "renamed"
    group.send("DELETE")
    group.send("GET", "", 404)


def test_variables_of_projects_and_groups_are_managed_by_key_and_environment(place: Sender) -> None:
    both = {"variable_type": "env_var", "masked": False, "protected": False, "raw": False}
    for scope in ("*", "review/*"):
        made = place.send("POST", "/variables", key="KEY", value="x", environment_scope=scope, description="", **both)
        assert made["environment_scope"] == scope
    query = f"?filter[environment_scope]={quote('review/*', safe='')}"
    place.send("PUT", f"/variables/KEY{query}", value="y", environment_scope="review/*", **both)
    assert place.send("GET", f"/variables/KEY{query}")["value"] == "y"
    rows = place.send("GET", "/variables?page=1&per_page=20")
    assert {row["environment_scope"]: row["value"] for row in rows} == {"*": "x", "review/*": "y"}
    place.send("DELETE", f"/variables/KEY{query}")
    place.send("GET", f"/variables/KEY{query}", 404)
    place.send("DELETE", "/variables/KEY?filter[environment_scope]=*")


def test_deploy_tokens_of_projects_and_groups_are_managed(place: Sender) -> None:
    made = place.send(
        "POST", "/deploy_tokens", name="robot", username="robot", scopes=["read_repository", "read_registry"],
        expires_at="2099-01-01T00:00:00Z",
    )  # fmt: skip
    assert made["token"]
    read = place.send("GET", f"/deploy_tokens/{made['id']}")
    assert (read["username"], read["expires_at"][:10], "token" in read) == ("robot", "2099-01-01", False)
    assert [row["id"] for row in place.send("GET", "/deploy_tokens?per_page=30")] == [made["id"]]
    place.send("DELETE", f"/deploy_tokens/{made['id']}")
    assert place.send("GET", f"/deploy_tokens/{made['id']}")["revoked"] is True


def test_the_provider_manages_hooks(place: Sender) -> None:
    events = dict.fromkeys(EVENTS_OF_OTHERS, False) | {"push_events": True, "tag_push_events": False}
    events |= {"job_events": False, "pipeline_events": True, "deployment_events": False, "releases_events": False}
    sent = {"url": "https://example.com/hook", "enable_ssl_verification": True, **events}
    made = place.send("POST", "/hooks", token="secret", push_events_branch_filter="", **sent)
    read = place.send("GET", f"/hooks/{made['id']}")
    assert {name: read[name] for name in sent} == sent
    place.send("PUT", f"/hooks/{made['id']}", **sent | {"job_events": True})
    assert [row["job_events"] for row in place.send("GET", "/hooks?per_page=20&page=1")] == [True]
    place.send("DELETE", f"/hooks/{made['id']}")
    place.send("GET", f"/hooks/{made['id']}", 404)


def test_members_of_projects_and_groups_are_managed(world: World, place: Sender) -> None:
    (found,) = world.live.call("GET", f"/users?username={world.outsider.username}").json
    place.send("POST", "/members", user_id=found["id"], access_level=30, expires_at="2099-01-01")
    member = f"/members/{found['id']}"
    read = place.send("GET", member)
    assert (read["access_level"], read["expires_at"]) == (30, "2099-01-01")
    place.send("PUT", member, access_level=40, expires_at="")
    assert place.send("GET", f"/members/all/{found['id']}")["access_level"] == 40
    assert place.send("GET", member)["expires_at"] is None
    place.send("DELETE", f"{member}?unassign_issuables=false")
    place.send("GET", member, 404)


def test_the_provider_protects_branches(world: World) -> None:
    project = Sender(world, f"/projects/{quote(world.library.path, safe='')}")
    name = quote("release/*", safe="")
    project.send("GET", f"/protected_branches/{name}", 404)
    levels = {"push_access_level": 40, "merge_access_level": 30, "unprotect_access_level": 40}
    defaults = {"allow_force_push": False, "code_owner_approval_required": False}
    strict = {**levels, "unprotect_access_level": 60}
    assert "unprotect_access_level" in project.send("POST", "/protected_branches", 400, name="x", **strict)["error"]
    made = project.send("POST", "/protected_branches", name="release/*", **defaults, **levels)
    assert made["push_access_levels"][0]["access_level"] == 40
    project.send("PATCH", f"/protected_branches/{name}", allow_force_push=True)
    assert project.send("GET", f"/protected_branches/{name}")["allow_force_push"] is True
    assert "release/*" in {row["name"] for row in project.send("GET", "/protected_branches?per_page=20&page=1")}
    project.send("DELETE", f"/protected_branches/{name}")
    project.send("GET", f"/protected_branches/{name}", 404)


def test_glab_makes_a_project_in_a_group_and_adds_a_deploy_key(world: World) -> None:
    assert world.live.call("GET", "/user").json["username"] == "root"
    group = world.live.call("GET", f"/groups/{quote(world.group.path, safe='')}").json
    made = world.live.make("/projects", name="by-glab", namespace_id=group["id"], visibility="private")
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1dPEhIm7dTtO3D3cdSgc1rw0Lqu7z6RvXDLcmh1qDC robot"
    project = Sender(world, f"/projects/{quote(made['path_with_namespace'], safe='')}")
    robot = project.send("POST", "/deploy_keys", title="robot", key=key, can_push=False)
    assert [row["id"] for row in project.send("GET", "/deploy_keys?page=1&per_page=30")] == [robot["id"]]
    project.send("DELETE", f"/deploy_keys/{robot['id']}")
    project.send("DELETE")
