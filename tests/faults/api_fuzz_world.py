"""What the generated requests are about: the demo world with some of each thing that has an id, and people, projects,
groups and tokens that the run may take away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.faults.api_fuzz_words import Words
from tests.support.public_keys import fingerprint, public_key
from tests.support.server import ADMIN_TOKEN, LiveServer

THROW_AWAY = 6
OF_EACH = 8  # a run deletes some, and others are still to be read
YEAR_END = "2099-12-31"
PROJECT, GROUP, API = "/api/v4/projects/{project}", "/api/v4/groups/{group}", "/api/v4"
TOKEN_ACCESS = "/api/v4/token_access/projects/{project}"
GROUP_TOKEN_ACCESS = "/api/v4/token_access/groups/{group}"
ACCESS_TOKEN = {"name": "robot", "scopes": ["read_api"], "expires_at": YEAR_END, "access_level": 20}
DEPLOY_TOKEN = {"name": "deploy", "scopes": ["read_repository"]}
BADGE = {"link_url": "https://example.com/{n}", "image_url": "https://example.com/{n}.svg"}
HOOK = {"url": "https://example.com/{n}"}
VARIABLE = {"key": "KEY_{n}", "value": "value"}
PACKAGE_RULE = {"package_name_pattern": "kept-{n}", "package_type": "generic", "minimum_access_level_for_push": "owner"}
IMAGE_RULE = {"repository_path_pattern": "acme/library/kept-{n}", "minimum_access_level_for_push": "owner"}
SCHEDULE = {"description": "nightly", "ref": "main", "cron": "0 1 * * *"}
USER = {"username": "made-{n}", "name": "Made", "email": "made-{n}@example.com", "password": "a long secret of nobody"}
FILE = {"branch": "main", "commit_message": "Change", "content": "x"}
QUESTION = {
    "subject": {"type": "user", "id": "developer"},
    "action": {"name": "read_packages"},
    "resource": {"type": "project", "id": "acme/library"},
}
CI = {"content": "job: {script: [make]}"}

# Address of a list → what a new row takes, and by what it is named in addresses. `{n}`: a number of its own.
ROWS: dict[str, tuple[dict[str, Any], str]] = {
    **{f"{place}/hooks": (HOOK, "id") for place in (PROJECT, GROUP, API)},
    **{f"{place}/variables": (VARIABLE, "key") for place in (PROJECT, GROUP, f"{API}/admin/ci")},
    **{f"{place}/badges": (BADGE, "id") for place in (PROJECT, GROUP)},
    **{f"{place}/access_tokens": (ACCESS_TOKEN, "id") for place in (PROJECT, GROUP)},
    **{f"{place}/deploy_tokens": (DEPLOY_TOKEN, "id") for place in (PROJECT, GROUP)},
    f"{PROJECT}/triggers": ({"description": "nightly"}, "id"),
    f"{PROJECT}/pipeline_schedules": (SCHEDULE, "id"),
    f"{PROJECT}/environments": ({"name": "place-{n}"}, "id"),
    f"{PROJECT}/protected_branches": ({"name": "kept-{n}"}, "name"),
    f"{PROJECT}/protected_tags": ({"name": "kept-{n}"}, "name"),
    f"{PROJECT}/packages/protection/rules": (PACKAGE_RULE, "id"),
    f"{PROJECT}/registry/protection/repository/rules": (IMAGE_RULE, "id"),
    f"{PROJECT}/repository/branches": ({"branch": "branch-{n}", "ref": "main"}, "name"),
    f"{PROJECT}/repository/tags": ({"tag_name": "tag-{n}", "ref": "main"}, "name"),
    f"{PROJECT}/releases": ({"tag_name": "v{n}", "ref": "main", "description": "x"}, "tag_name"),
    f"{PROJECT}/deploy_keys": ({"title": "robot", "key": "{key}"}, "id"),
    f"{API}/user/keys": ({"title": "laptop", "key": "{key}"}, "id"),
    f"{API}/applications": ({"name": "App {n}", "redirect_uri": "https://example.com/{n}", "scopes": "api"}, "id"),
    f"{TOKEN_ACCESS}/entries": ({"target": "{path}"}, "id"),
    f"{GROUP_TOKEN_ACCESS}/allowlist": ({"target_project": "{path}", "default_permissions": True}, "id"),
}

# What other requests that change something take.
BODIES: dict[str, dict[str, Any]] = {
    f"PUT {PROJECT}": {"description": "changed"},
    f"PUT {GROUP}": {"description": "changed"},
    f"POST {API}/groups": {"name": "Made {n}", "path": "made-{n}"},
    f"POST {API}/projects": {"name": "Made {n}", "path": "made-{n}"},
    f"POST {API}/users": USER,
    f"POST {API}/ci/lint": CI,
    f"POST {PROJECT}/ci/lint": CI,
    f"POST {PROJECT}/pipeline": {"ref": "main"},
    f"POST {PROJECT}/members": {"user_id": "{person}", "access_level": 30},
    f"POST {GROUP}/members": {"user_id": "{person}", "access_level": 30},
    f"PUT {PROJECT}/members/{{user_id}}": {"access_level": 20},
    f"PUT {GROUP}/members/{{user_id}}": {"access_level": 20},
    f"POST {PROJECT}/share": {"group_id": "{other_group}", "group_access": 20},
    f"POST {GROUP}/share": {"group_id": "{other_group}", "group_access": 20},
    f"POST {PROJECT}/runners": {"runner_id": "{runner}"},
    f"POST {PROJECT}/repository/commits": {
        "branch": "main", "commit_message": "Add",
        "actions": [{"action": "create", "file_path": "added-{n}.txt", "content": "x"}],
    },
    f"POST {PROJECT}/repository/files/{{file_path}}": FILE,
    f"PUT {PROJECT}/repository/files/{{file_path}}": FILE,
    f"POST {PROJECT}/repository/changelog": {"version": "1.{n}.0"},
    f"POST {PROJECT}/statuses/{{sha}}": {"state": "success", "name": "scan-{n}"},
    f"POST {PROJECT}/deployments": {
        "environment": "place-{n}", "ref": "main", "sha": "{commit}", "tag": False, "status": "running",
    },
    f"PUT {PROJECT}/deployments/{{deployment}}": {"status": "success"},
    f"POST {PROJECT}/environments/stop_stale": {"before": "2020-01-01T00:00:00Z"},
    f"POST {PROJECT}/releases/{{tag}}/assets/links": {"name": "link-{n}", "url": "https://example.com/{n}"},
    f"POST {PROJECT}/pipeline_schedules/{{schedule}}/variables": VARIABLE,
    f"POST {PROJECT}/job_token_scope/allowlist": {"target_project_id": "{other_project}"},
    f"POST {PROJECT}/job_token_scope/groups_allowlist": {"target_group_id": "{other_group}"},
    f"POST {PROJECT}/packages/trusted_publishers": {"package_name": "tool-{n}", "source_project": "{path}"},
    f"POST {PROJECT}/trigger/pipeline": {"ref": "main", "token": "{trigger_token}"},
    f"POST {PROJECT}/ref/{{ref}}/trigger/pipeline": {"ref": "main", "token": "{trigger_token}"},
    f"POST {API}/deploy_keys": {"title": "robot", "key": "{key}"},
    f"POST {API}/user/keys": {"title": "laptop", "key": "{key}"},
    f"POST {API}/users/{{user_id}}/keys": {"title": "laptop", "key": "{key}"},
    f"POST {API}/users/{{user_id}}/impersonation_tokens": {"name": "look", "scopes": ["api"], "expires_at": YEAR_END},
    f"POST {API}/runners/verify": {"token": "{runner_token}"},
    f"POST {API}/jobs/request": {"token": "{runner_token}", "system_id": "s_fuzz"},
    f"PUT {API}/jobs/{{job_id}}": {"token": "{job_token}", "state": "running"},
    f"POST {API}/token_access/explain": {"source": "acme/app", "target": "acme/library", "action": "read_packages"},
    f"POST {TOKEN_ACCESS}/replay": {"change": "mode", "mode": "enforced"},
    f"POST {GROUP_TOKEN_ACCESS}/replay": {"change": "mode", "mode": "enforced"},
    f"PUT {TOKEN_ACCESS}/mode": {"mode": "enforced"},
    f"PUT {TOKEN_ACCESS}/address_check": {"mode": "trial"},
    f"POST {TOKEN_ACCESS}/trial/ignored": {"source_project_id": "{other_project}"},
    f"POST {GROUP_TOKEN_ACCESS}/trial/ignored": {"source_project_id": "{other_project}"},
    **{f"POST /access/v1/{ask}": QUESTION for ask in ("evaluation", "evaluations", "search/subject", "search/action")},
    **{f"POST {address}": body for address, (body, _) in ROWS.items()},
    **{f"PUT {place}/hooks/{{hook_id}}": HOOK for place in (PROJECT, GROUP, API)},
    **{f"PUT {place}/badges/{{badge_id}}": BADGE for place in (PROJECT, GROUP)},
    **{f"PUT {place}/variables/{{key}}": {"value": "x"} for place in (PROJECT, GROUP, f"{API}/admin/ci")},
}  # fmt: skip

# What parameters in the query have to be for a success; others are left to the generator.
QUERIES: dict[str, dict[str, Any]] = {
    f"GET {PROJECT}/repository/compare": {"from": "main", "to": "main"},
    f"GET {PROJECT}/repository/merge_base": {"refs": ["main", "v1"]},
    f"GET {PROJECT}/repository/changelog": {"version": "1.0.0"},
    f"GET {PROJECT}/search": {"scope": "blobs", "search": "library"},
    f"GET {GROUP}/search": {"scope": "projects", "search": "library"},
    f"GET {API}/search": {"scope": "projects", "search": "library"},
    f"GET {API}/keys": {"fingerprint": "{fingerprint}"},
    f"GET {PROJECT}/jobs/artifacts/{{ref}}/download": {"job": "build"},
    f"GET {PROJECT}/jobs/artifacts/{{ref}}/raw/{{path}}": {"job": "build"},
    f"DELETE {PROJECT}/repository/files/{{file_path}}": {"branch": "main", "commit_message": "Delete"},
}
# Asked by a running job, with its own token.
OF_JOBS = ("/api/v4/job", "/api/v4/jobs/{job_id}", "/api/v4/token_access/self", "/api/v4/token_access/preflight")


@dataclass
class Made:
    """What the world has besides the demo world of a first start."""

    live: LiveServer
    project: int
    group: int
    others: list[dict[str, Any]]
    invited: list[int]
    people: list[int]
    commit: str
    blob: str
    pipelines: list[int]
    runner: dict[str, Any]
    other_runner: dict[str, Any]
    work: dict[str, Any]

    def ids(self, what: str) -> list[int]:
        return [row["id"] for row in self.live.call("GET", f"/projects/{self.project}/{what}").json]


def make_world(live: LiveServer) -> dict[str, Any]:
    """`rows` and `path_values`: what there is, and what is not, by the address of its list, else by the name of the
    parameter. `bodies`, `queries`: what leads to a success, and `words` what stands for words in them. The rest: what
    the hooks put in place of what has to stay."""
    made = _make(live)
    tokens = [_token(live, person) for person in made.people]
    choices = _choices(made)
    rows = _rows(made, Words(choices))
    return {
        "rows": rows,
        "path_values": {**_small_ids(), **_ids(made, tokens), **_names(made)},
        "bodies": BODIES,
        "queries": QUERIES,
        "words": choices,
        "of_jobs": OF_JOBS,
        "job_token": made.work["token"],
        "token": ADMIN_TOKEN,
        "tokens": [token["token"] for token in tokens],
        "own_user": str(live.call("GET", "/user").json["id"]),
        "own_token": str(live.call("GET", "/personal_access_tokens/self").json["id"]),
        "projects": [live.make("/projects", name=f"thrown{n}")["id"] for n in range(THROW_AWAY)],
        "groups": [live.make("/groups", name=f"gone{n}", path=f"gone{n}")["id"] for n in range(THROW_AWAY)],
    }


def _make(live: LiveServer) -> Made:
    project = live.call("GET", "/projects/acme%2Flibrary").json["id"]
    others = [live.make("/projects", name=f"other{n}") for n in range(3 * OF_EACH)]
    invited = [live.make("/groups", name=f"invited{n}", path=f"invited{n}")["id"] for n in range(THROW_AWAY)]
    tree = live.call("GET", f"/projects/{project}/repository/tree").json
    live.call("PUT", f"/projects/{project}/packages/generic/tool/1.0/file.txt", b"content")
    pipelines = [live.make(f"/projects/{project}/pipeline", ref="main")["id"] for _ in range(3)]
    runner = live.make("/user/runners", runner_type="project_type", project_id=project)
    request = {"token": runner["token"], "system_id": "s_fuzz"}
    return Made(
        live=live,
        project=project,
        group=live.call("GET", "/groups/acme").json["id"],
        others=others,
        invited=invited,
        people=[_person(live, number) for number in range(THROW_AWAY)],
        commit=live.call("GET", f"/projects/{project}/repository/commits").json[0]["id"],
        blob=next(one["id"] for one in tree if one["type"] == "blob"),
        pipelines=pipelines,
        runner=runner,
        other_runner=live.make("/user/runners", runner_type="project_type", project_id=others[0]["id"]),
        work=live.call("POST", "/jobs/request", request, token=None, status=201).json,
    )


def _choices(made: Made) -> dict[str, list[Any]]:
    """Word in a body → what may stand for it."""
    keys = [public_key() for _ in range(10 * OF_EACH)]
    return {
        "key": list(keys),
        "fingerprint": [fingerprint(key) for key in keys],
        "path": [one["path_with_namespace"] for one in made.others],
        "other_project": [one["id"] for one in made.others],
        "other_group": made.invited,
        "person": made.people,
        "commit": [made.commit],
        "runner": [made.other_runner["id"]],
        "runner_token": [made.runner["token"]],
        "job_token": [made.work["token"]],
        "trigger_token": [made.live.make(f"/projects/{made.project}/triggers", description="x")["token"]],
    }


def _rows(made: Made, words: Words) -> dict[str, list[Any]]:
    """Address of a list → what names some of its rows."""

    def make(address: str, body: dict[str, Any]) -> dict[str, Any]:
        path = address.removeprefix(API).format(project=made.project, group=made.group)
        return made.live.make(path, **words.fill(body))

    rows = {address: [make(address, body)[name] for _ in range(OF_EACH)] for address, (body, name) in ROWS.items()}
    members = made.people[:3]
    for place in (f"projects/{made.project}", f"groups/{made.group}"):
        for person in members:
            made.live.make(f"/{place}/members", user_id=person, access_level=30)
    rows |= {f"{place}/members{more}": members for place in (PROJECT, GROUP) for more in ("", "/all")}
    rows[f"{PROJECT}/repository/blobs"] = [made.blob]
    rows[f"{PROJECT}/packages"] = made.ids("packages")
    return rows


def _small_ids() -> dict[str, list[Any]]:
    names = (
        "entry", "deployment", "link_id", "secure_file_id", "review", "event_id", "source", "repository_id",
        "publisher_id", "file_id", "link", "package_id", "key_id",
    )  # fmt: skip
    return {name: [1, 1, 2, 0] for name in names}


def _ids(made: Made, tokens: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {
        "project": [*[made.project] * 6, "acme%2Flibrary", "acme%2Fapp", 0],
        "group": [*[made.group] * 4, "acme%2Fplatform", 0],
        "group_id": [*made.invited, 0],
        "job": [*made.ids("jobs"), 0],
        "job_id": [made.work["id"], made.work["id"], 0],
        "pipeline": [*made.pipelines, 0],
        "runner": [made.runner["id"], made.other_runner["id"], 0],
        "user_id": [*made.people, 2, 0],
        "user": [*made.people, "maintainer", 0],
        "token_id": [*(token["id"] for token in tokens), 0],
        "target": [one["id"] for one in made.others],
    }


def _names(made: Made) -> dict[str, list[Any]]:
    return {
        "ref": ["main", "x"],
        "revision": ["main", made.commit, "x"],
        "sha": [made.commit, made.commit, made.blob, "main", "x"],
        "key": ["KEY", "x"],
        "suffix": ["zip", "tar.gz", "x"],
        "trigger": ["push_events", "tag_push_events", "x"],
        "file_path": ["README.md", ".gitlab-ci.yml", "new.txt"],
        "file_name": ["file.txt", "x"],
        "package_name": ["tool", "x"],
        "package_version": ["1.0", "x"],
        "version": ["1.0", "x"],
        "serial": [1, 2, "x"],
    }


def _person(live: LiveServer, number: int) -> int:
    person = live.make(
        "/users", username=f"throwaway{number}", name="Throw Away", email=f"t{number}@example.com",
        password="a long password of nobody", admin=True, skip_confirmation=True,
    )  # fmt: skip
    found: int = person["id"]
    return found


def _token(live: LiveServer, person: int) -> dict[str, Any]:
    return live.make(f"/users/{person}/personal_access_tokens", name="fuzz", scopes=["api"], expires_at=YEAR_END)
