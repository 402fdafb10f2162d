"""The calls of the GitLab provider's resources for job token scopes, one after the other, sent by python-gitlab.

`gitlab_project_job_token_scopes` brings the list to what the configuration says: it reads all pages, leaves the
project itself out, deletes, adds, sets the limit and reads everything again. `gitlab_project_job_token_scope` manages
one entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import gitlab
import pytest

from tests.contract.world import World

PER_PAGE = 20  # the provider's


class Scopes:
    """One `gitlab_project_job_token_scopes`; `project` is its id or path, as the configuration has it."""

    def __init__(self, client: gitlab.Gitlab, project: str) -> None:
        self.client = client
        self.project = project
        self.address = f"/projects/{quote(project, safe='')}/job_token_scope"

    def apply(self, enabled: bool, projects: set[int], groups: set[int]) -> None:
        self._bring_to("allowlist", "target_project_id", self.projects(), projects)
        self._bring_to("groups_allowlist", "target_group_id", self._all("groups_allowlist"), groups)
        self.client.http_request("patch", self.address, post_data={"enabled": enabled})

    def read(self) -> tuple[bool, set[int], set[int]]:
        """What the provider stores, and compares with the configuration at the next plan."""
        limit = self.client.http_request("get", self.address).json()
        return limit["inbound_enabled"], self.projects(), self._all("groups_allowlist")

    def projects(self) -> set[int]:
        own = self.client.projects.get(self.project).id
        return self._all("allowlist") - {own}

    def _bring_to(self, name: str, parameter: str, current: set[int], wanted: set[int]) -> None:
        for one in current - wanted:
            self.client.http_request("delete", f"{self.address}/{name}/{one}")
        for one in wanted - current:
            made = self.client.http_request("post", f"{self.address}/{name}", post_data={parameter: one})
            assert made.json()[parameter] == one

    def _all(self, name: str) -> set[int]:
        found: set[int] = set()
        page = "1"
        while page:
            query = {"per_page": PER_PAGE, "page": page}
            answer = self.client.http_request("get", f"{self.address}/{name}", query_data=query)
            found |= {one["id"] for one in answer.json()}
            page = answer.headers.get("X-Next-Page", "")
        return found


@pytest.fixture
def client(world: World) -> Iterator[gitlab.Gitlab]:
    """The maintainer's, who is one of the group too."""
    world.live.make(f"/groups/{world.group.id}/members", user_id=world.maintainer.id, access_level=40)
    client = gitlab.Gitlab(world.live.url, private_token=world.maintainer.token)
    yield client
    client.session.close()


@pytest.mark.parametrize("by", ["id", "path"])
def test_the_list_becomes_what_the_configuration_says(world: World, client: gitlab.Gitlab, by: str):
    scopes = Scopes(client, str(getattr(world.library, by)))
    assert scopes.read() == (True, set(), set())
    scopes.apply(True, {world.app.id}, {world.group.id})
    assert scopes.read() == (True, {world.app.id}, {world.group.id})
    scopes.apply(True, {world.app.id}, {world.group.id})  # nothing to do
    scopes.apply(False, set(), {world.group.id})
    assert scopes.read() == (False, set(), {world.group.id})
    scopes.apply(True, set(), set())
    assert scopes.read() == (True, set(), set())


def test_a_list_of_several_pages_is_read_as_a_whole(world: World, client: gitlab.Gitlab):
    many = {
        world.live.make("/projects", name=f"p{n}", path=f"p{n}", namespace_id=world.group.id)["id"]
        for n in range(PER_PAGE + 1)
    }
    scopes = Scopes(client, world.library.path)
    scopes.apply(True, many, set())
    assert scopes.read() == (True, many, set())


def test_what_terraform_applied_can_be_exported_as_a_rules_file(world: World, client: gitlab.Gitlab):
    Scopes(client, world.library.path).apply(True, {world.app.id}, set())
    rules = client.http_request("get", f"/token_access/projects/{world.library.id}/rules").json()
    assert rules["rules"]["inbound"] == [{"project": world.app.path}]
    content = {"content": rules["content"]}
    plan = client.http_request("post", f"/token_access/projects/{world.library.id}/rules/plan", post_data=content)
    assert plan.json()["changes"] == []
