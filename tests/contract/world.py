"""The usual people and projects, made over the API.

A group of its own with two private projects: `library`, which is asked for, and `app`, whose jobs come asking. The
`developer` and the `maintainer` are members of both; the `outsider` of none.
"""

from __future__ import annotations

import base64
import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.support.server import ADMIN_TOKEN, LiveServer

_numbers = itertools.count(1)
DEVELOPER, MAINTAINER = 30, 40
CI_FILE = """\
job:
  script: [make]
"""


@dataclass(frozen=True)
class Someone:
    id: int
    username: str
    token: str


@dataclass(frozen=True)
class Place:
    id: int
    path: str


@dataclass(frozen=True)
class Work:
    """A running job as its runner holds it: `token` is its CI_JOB_TOKEN, and how the runner speaks of it."""

    live: LiveServer
    id: int
    token: str

    def finish(self, state: str = "success") -> None:
        self.live.call("PUT", f"/jobs/{self.id}", {"token": self.token, "state": state}, token=None)


class World:
    def __init__(self, live: LiveServer) -> None:
        self.live = live
        self.number = next(_numbers)
        group = live.make("/groups", name=f"Group {self.number}", path=f"group{self.number}", visibility="public")
        self.group = Place(group["id"], group["full_path"])
        self.library = self.project("library")
        self.app = self.project("app")

    @cached_property
    def developer(self) -> Someone:
        return self.member("developer", DEVELOPER)

    @cached_property
    def maintainer(self) -> Someone:
        return self.member("maintainer", MAINTAINER)

    @cached_property
    def outsider(self) -> Someone:
        return self.person("outsider")

    def project(self, path: str, **fields: Any) -> Place:
        """Developers push to its main branch, as teams have it that trust them."""
        made = self.live.make("/projects", name=path, path=path, namespace_id=self.group.id, **fields)
        levels = {"push_access_level": DEVELOPER, "merge_access_level": DEVELOPER}
        self.live.call("PATCH", f"/projects/{made['id']}/protected_branches/main", levels)
        return Place(made["id"], made["path_with_namespace"])

    def person(self, name: str) -> Someone:
        username = f"{name}{self.number}"
        made = self.live.make(
            "/users",
            username=username,
            name=username,
            email=f"{username}@example.org",
            password="let me in please",
            skip_confirmation=True,
        )
        token = self.token_of(made["id"], "api")
        return Someone(made["id"], username, token)

    def token_of(self, user_id: int, *scopes: str) -> str:
        made = self.live.make(f"/users/{user_id}/personal_access_tokens", name="test", scopes=list(scopes))
        return str(made["token"])

    def member(self, name: str, level: int) -> Someone:
        someone = self.person(name)
        for project in (self.library, self.app):
            self.live.make(f"/projects/{project.id}/members", user_id=someone.id, access_level=level)
        return someone

    def commit(self, project: Place, files: dict[str, str | bytes], *, by: Someone | None = None) -> str:
        """New files on main, by the administrator or by whom it says; returns the commit's id."""
        actions = [
            {
                "action": "create",
                "file_path": path,
                "encoding": "base64",
                "content": base64.b64encode(text.encode() if isinstance(text, str) else text).decode(),
            }
            for path, text in files.items()
        ]
        body = {"branch": "main", "commit_message": "Change", "actions": actions}
        token = by.token if by else ADMIN_TOKEN
        answer = self.live.call("POST", f"/projects/{project.id}/repository/commits", body, token=token)
        return str(answer.json["id"])

    def list_app(self, permissions: list[str]) -> None:
        """The library lists the app, with these permissions alone."""
        entry = {"projectPath": self.library.path, "targetPath": self.app.path, "defaultPermissions": False}
        policies = {"jobTokenPolicies": [name.upper() for name in permissions]}
        mutation = """mutation($input: CiJobTokenScopeAddGroupOrProjectInput!) {
            ciJobTokenScopeAddGroupOrProject(input: $input) { errors }
        }"""
        body = {"query": mutation, "variables": {"input": entry | policies}}
        answer = self.live.call("POST", f"{self.live.url}/api/graphql", body, token=self.maintainer.token)
        assert answer.json == {"data": {"ciJobTokenScopeAddGroupOrProject": {"errors": []}}}

    def unlist_app(self) -> None:
        address = f"/projects/{self.library.id}/job_token_scope/allowlist/{self.app.id}"
        self.live.call("DELETE", address, token=self.maintainer.token)

    def running_job(self, project: Place | None = None, by: Someone | None = None) -> Work:
        """A job of `app` (or `project`) that the developer (or `by`) started with a push, taken by a runner."""
        project, by = project or self.app, by or self.developer
        fields = {"runner_type": "project_type", "project_id": project.id}
        runner = self.live.make("/user/runners", **fields)["token"]
        self.commit(project, {".gitlab-ci.yml": CI_FILE}, by=by)
        request = {"token": runner, "system_id": "s_contract", "info": {"features": {}}}
        answer = self.live.call("POST", "/jobs/request", request, token=None, status=201)
        return Work(self.live, answer.json["id"], answer.json["token"])

    def clone_url(self, project: Place, login: str = "", password: str = "") -> str:
        who = f"{login}:{password}@" if login else ""
        return f"http://{who}{self.live.host}/{project.path}.git"
