"""What the generated requests are about: the demo world, a few of each thing that has an id, and people, projects,
groups and tokens that the run may take away."""

from __future__ import annotations

from typing import Any

from tests.support.server import ADMIN_TOKEN, LiveServer

THROW_AWAY = 6
YEAR_END = "2099-12-31"


def make_world(live: LiveServer) -> dict[str, Any]:
    """`path_values`: what there is, and what is not, by the name of a parameter in the path. The rest: what the hooks
    put in place of what has to stay."""
    project = live.call("GET", "/projects/acme%2Flibrary").json["id"]
    group = live.call("GET", "/groups/acme").json["id"]
    _fill(live, f"/projects/{project}")
    people = [_person(live, number) for number in range(THROW_AWAY)]
    tokens = [_token(live, person) for person in people]
    jobs = [job["id"] for job in live.call("GET", f"/projects/{project}/jobs").json]
    pipelines = [row["id"] for row in live.call("GET", f"/projects/{project}/pipelines").json]
    commit = live.call("GET", f"/projects/{project}/repository/commits").json[0]["id"]
    small = [1, 1, 2, 0]
    values: dict[str, list[Any]] = dict.fromkeys(
        ("hook_id", "entry", "deployment", "environment", "trigger", "schedule", "key_id", "runner", "package_id",
         "badge_id", "link_id", "secure_file_id", "review", "event_id", "application_id", "rule_id", "rule", "source",
         "repository_id", "publisher_id", "file_id", "link"), small
    )  # fmt: skip
    values |= {
        "project": [*[project] * 6, "acme%2Flibrary", "acme%2Fapp", 0],
        "group": [*[group] * 4, "acme%2Fplatform", 0],
        "group_id": [group, 0],
        "job": [*jobs, 0],
        "job_id": [*jobs, 0],
        "pipeline": [*pipelines, 0],
        "user_id": [*people, 2, 0],
        "user": [*people, "maintainer", 0],
        "token_id": [*(token["id"] for token in tokens), 0],
        "ref": ["main", "x"],
        "revision": ["main", commit, "x"],
        "branch": ["main", "x"],
        "sha": [commit, "main", "x"],
        "tag": ["v1", "x"],
        "key": ["KEY", "x"],
        "file_path": ["README.md", ".gitlab-ci.yml", "new.txt"],
        "file_name": ["file.txt", "x"],
        "package_name": ["tool", "x"],
        "package_version": ["1.0", "x"],
        "version": ["1.0", "x"],
    }
    return {
        "path_values": values,
        "token": ADMIN_TOKEN,
        "tokens": [token["token"] for token in tokens],
        "own_user": str(live.call("GET", "/user").json["id"]),
        "own_token": str(live.call("GET", "/personal_access_tokens/self").json["id"]),
        "projects": [live.make("/projects", name=f"thrown{n}")["id"] for n in range(THROW_AWAY)],
        "groups": [live.make("/groups", name=f"gone{n}", path=f"gone{n}")["id"] for n in range(THROW_AWAY)],
    }


def _fill(live: LiveServer, project: str) -> None:
    """One of each."""
    live.make(f"{project}/hooks", url="https://example.com")
    live.make(f"{project}/variables", key="KEY", value="value")
    live.make(f"{project}/triggers", description="nightly")
    live.make(f"{project}/pipeline_schedules", description="nightly", ref="main", cron="0 1 * * *")
    live.make(f"{project}/badges", link_url="https://example.com", image_url="https://example.com/badge.svg")
    live.make(f"{project}/environments", name="production")
    live.make(f"{project}/access_tokens", name="robot", scopes=["read_api"], expires_at=YEAR_END, access_level=20)
    live.make(f"{project}/deploy_tokens", name="deploy", scopes=["read_repository"])
    live.call("PUT", f"{project}/packages/generic/tool/1.0/file.txt", b"content")
    live.make(f"{project}/repository/tags", tag_name="v1", ref="main")
    live.make(f"{project}/releases", tag_name="v1", name="One", description="First")


def _person(live: LiveServer, number: int) -> int:
    person = live.make(
        "/users", username=f"throwaway{number}", name="Throw Away", email=f"t{number}@example.com",
        password="a long password of nobody", admin=True, skip_confirmation=True,
    )  # fmt: skip
    found: int = person["id"]
    return found


def _token(live: LiveServer, person: int) -> dict[str, Any]:
    return live.make(f"/users/{person}/personal_access_tokens", name="fuzz", scopes=["api"], expires_at=YEAR_END)
