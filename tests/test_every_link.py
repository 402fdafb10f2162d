"""Every link that the API and the pages give leads somewhere, for somebody who may see what it leads to."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import pytest
from django.test import Client

from identity.models import User
from jobs.models import Job
from jobs.pipelines.bridges import start_downstream
from projects.repository import Repository
from projects.services.groups import create_namespace
from resources.secure_files import services as secure_files
from tests.factories import artifacts, environments, people, projects, runners
from tests.factories.cast import Cast
from tests.factories.ssh_keys import deploy_key, ssh_key
from tests.support.client import Api
from tokenaccess.adapters import denial_id
from tokenaccess.adapters.denial_id import DenialDetails
from tokenaccess.adapters.endpoints import Endpoint, endpoints
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role

SITE = "http://testserver"
JOBS = f"{environments.REVIEW}\nstart: {{stage: clean, trigger: acme/library}}\n"
# What runners ask for, the registries, whose links real clients follow (tests/contract), and what is never there.
SKIPPED = re.compile(
    "/api/v4/(jobs/:job_id/artifacts|runners/router/discovery|(.*/)?packages/[a-z]+/|(.*/)?registry/repositories/|"
    ".*/releases/.*(downloads/|permalink/)|.*/signature$|.*/current_job$)"
)
LINK = re.compile(r"""\b(?:href|src|action|hx-get)="([^"]*)\"""")


def read(answer: Any) -> Any:
    """To its end: an archive that nobody reads is one of the few that may be made at once."""
    if answer.streaming:
        answer.getvalue()
    return answer


class World:
    """One of everything in `acme/app`, as an administrator sees it."""

    def __init__(self, cast: Cast) -> None:
        self.person = people.person("chief", is_superuser=True)
        self.api = Api(token=people.token_for(self.person))
        self.project = cast.app
        self.at = f"/projects/{cast.app.pk}"
        for person in User.objects.all():
            create_namespace(person)
        projects.group("inner", parent=cast.acme, by=cast.owner)
        projects.member(cast.developer, cast.acme, Role.DEVELOPER)
        self.values: dict[str, Any] = {
            "project": cast.app.pk, "group": cast.acme.pk, "user_id": cast.developer.pk, "user": cast.developer.pk,
            "key": "KEY", "branch": "main", "tag": "v1.0", "ref": "main", "file_path": "guide/a.txt",
            "path": "dir/report.txt", "package_name": "tool", "package_version": "1.0", "file_name": "tool.tgz",
            "suffix": "zip",
        }  # fmt: skip
        self.run_pipelines(cast)
        self.fill_repository()
        self.make_settings(cast)
        self.make_tokens(cast)
        self.make_keys(cast)
        self.make_hooks(cast)
        self.own = self.api.get("/personal_access_tokens/self").json()["id"]

    def run_pipelines(self, cast: Cast) -> None:
        runners.push_file(cast.library, runners.SIMPLE)
        environment, _ = environments.deploy(cast, JOBS)
        start_downstream(Job.objects.bridges().get().pk)
        job = Job.objects.get(name="deploy")
        Job.objects.filter(pk=job.pk).update(resource_group="KEY")
        artifacts.store(job, artifacts.zip_bytes({"dir/report.txt": b"x"}))
        self.values |= {"pipeline": job.pipeline_id, "job": job.pk, "runner": job.runner_id}
        refused = DenialDetails(job.pk, cast.library.pk, Action.READ_PACKAGES, "admitted", int(time.time()))
        self.values["reason"] = denial_id.encode_details(refused)
        self.values |= {"environment": environment.pk, "deployment": job.deployment.pk}

    def fill_repository(self) -> None:
        files = {"README.md": "# App\n[docs](guide/a.txt)\n", "guide/a.txt": "x", "ö #?.txt": "x"}
        self.values["sha"] = projects.commit(self.project, files)
        repository = Repository(self.project.repository_path)
        for name in ("v1.0", "feature/ö#1"):
            repository.create_tag(name, "main")
            repository.create_branch(f"b/{name}", "main")

    def make_settings(self, cast: Cast) -> None:
        schedule = self.make("pipeline_schedules", description="x", ref="main", cron="@daily")["id"]
        self.values |= {"schedule": schedule, "trigger": self.make("triggers", description="x")["id"]}
        assert self.api.post(f"{self.at}/pipeline_schedules/{schedule}/play").status_code == 201
        for place in (self.at, f"/groups/{cast.acme.pk}", "/admin/ci"):
            self.api.post(f"{place}/variables", {"key": "KEY", "value": "x"})
        self.make("protected_tags", name="v*")
        self.make("job_token_scope/allowlist", target_project_id=cast.library.pk)
        self.make("job_token_scope/groups_allowlist", target_group_id=cast.acme.pk)
        rules = f"/token_access{self.at}"
        self.entry = self.api.get(f"{rules}/entries").json()[0]["id"]
        listed = self.api.post(f"/token_access/groups/{cast.acme.pk}/allowlist", {"target_project": self.project.pk})
        self.group_entry = listed.json()["id"]
        self.review = self.api.post(f"{rules}/reviews").json()["id"]
        self.group_review = self.api.post(f"/token_access/groups/{cast.acme.pk}/reviews").json()["id"]
        assert self.api.put(f"{self.at}/packages/generic/tool/1.0/tool.tgz", b"x").status_code == 201
        state = b'{"version": 4, "serial": 1}'
        assert self.api.post(f"{self.at}/terraform/state/production", state).status_code == 200
        self.values["serial"] = 1
        with secure_files.encrypt_file("release.jks", b"x") as upload:
            self.values["secure_file_id"] = secure_files.store_file(self.project, upload, by=self.person).pk
        url = f"{SITE}/api/v4{self.at}/packages/generic/tool/1.0/tool.tgz"
        links = [{"name": "tool", "url": url, "direct_asset_path": "/tool"}]
        release = self.make("releases", tag_name="v1.0", description="[a](guide/a.txt)", assets={"links": links})
        self.values["link_id"] = release["assets"]["links"][0]["id"]
        badge = {"link_url": HOOK, "image_url": HOOK}
        self.values["badge_id"] = self.api.post(f"/groups/{cast.acme.pk}/badges", badge).json()["id"]
        self.values["package_id"] = self.api.get(f"{self.at}/packages").json()[0]["id"]

    def make_tokens(self, cast: Cast) -> None:
        """Part of a route → the token of that kind."""
        access, deploy = {"name": "x", "scopes": ["read_api"]}, {"name": "x", "scopes": ["read_repository"]}
        group = f"/groups/{cast.acme.pk}"
        person = f"/users/{cast.developer.pk}/impersonation_tokens"
        self.tokens = {
            "/impersonation_tokens/": self.api.post(person, access).json()["id"],
            "groups/<ref:group>/access_tokens/": self.api.post(f"{group}/access_tokens", access).json()["id"],
            "projects/<ref:project>/access_tokens/": self.make("access_tokens", **access)["id"],
            "groups/<ref:group>/deploy_tokens/": self.api.post(f"{group}/deploy_tokens", deploy).json()["id"],
            "projects/<ref:project>/deploy_tokens/": self.make("deploy_tokens", **deploy)["id"],
        }

    def make_keys(self, cast: Cast) -> None:
        """As `make_tokens`."""
        robot, own = deploy_key(self.project, self.person), ssh_key(self.person)
        self.fingerprint = quote(own.fingerprint)
        self.keys = {"/deploy_keys/": robot.pk, "users/": ssh_key(cast.developer).pk, "keys/": own.pk}

    def make_hooks(self, cast: Cast) -> None:
        """As `make_tokens`."""
        hook = {"url": HOOK}
        self.hooks = {
            "projects/": self.make("hooks", **hook)["id"],
            "groups/": self.api.post(f"/groups/{cast.acme.pk}/hooks", hook).json()["id"],
            "v4/hooks/": self.api.post("/hooks", hook).json()["id"],
        }

    def make(self, kind: str, **fields: Any) -> Any:
        answer = self.api.post(f"{self.at}/{kind}", fields)
        assert answer.status_code == 201, answer.content
        return answer.json()

    def address(self, endpoint: Endpoint) -> str:
        names = {
            "/terraform/state/": "production",
            "/protected_branches/": "main",
            "/protected_tags/": "v*",
            "/blobs/": self.blob(),
        }
        if endpoint.route.endswith("/token_access/reached"):
            return f"{endpoint.route}?project_id={self.project.pk}"
        if endpoint.route.endswith("/search"):
            scope = "blobs" if "<ref:project>" in endpoint.route else "projects"
            return f"{self._fill(endpoint.route, self.values)}?scope={scope}&search=app"
        if endpoint.route.endswith("/v4/keys"):
            return f"{endpoint.route}?fingerprint={self.fingerprint}"
        self.values["token_id"] = next((pk for part, pk in self.tokens.items() if part in endpoint.route), self.own)
        of_group = "/token_access/groups/" in endpoint.route
        self.values["entry"] = self.group_entry if of_group else self.entry
        self.values["review"] = self.group_review if of_group else self.review
        self.values["hook_id"] = next((pk for part, pk in self.hooks.items() if part in endpoint.route), 0)
        self.values["key_id"] = next((pk for part, pk in self.keys.items() if part in endpoint.route), 0)
        special = next((value for part, value in names.items() if part in endpoint.route), None)
        values = {**self.values, **({"name": special, "sha": special} if special else {})}
        route = self._fill(endpoint.route, values)
        query = {
            "/files/": "?ref=main", "/jobs/artifacts/": "?job=deploy", "/personal_access_tokens": "",
            "/candidates": "?search=app", "/repository/compare": "?from=main&to=v1.0",
            "/repository/merge_base": "?refs[]=main&refs[]=v1.0",
            "/repository/changelog": "?version=1.1.0&from=v1.0",
            "/badges/render": f"?link_url={HOOK}&image_url={HOOK}",
        }  # fmt: skip
        return route + next((text for part, text in query.items() if part in route), "")

    def _fill(self, route: str, values: dict[str, Any]) -> str:
        return re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda found: quote(str(values[found[1]]), safe=""), route)

    @cached_property
    def browser(self) -> Client:
        browser = Client()
        browser.force_login(self.person)
        return browser

    def answers(self, address: str) -> bool:
        if not address.startswith(("/", f"{SITE}/")):
            return False
        path = address.removeprefix(SITE)
        answer = read(self.api.get(path) if path.startswith("/api/v4/") else self.browser.get(path, follow=True))
        return answer.status_code == 200 and "/users/sign_in" not in answer.request["PATH_INFO"]

    def blob(self) -> str:
        return Repository(self.project.repository_path).blob_id("main", "README.md")


@pytest.fixture
def world(cast: Cast, settings: Any) -> World:
    settings.EXTERNAL_URL = SITE
    return World(cast)


def links_in(body: Any, name: str = "", *, below: str = "") -> Iterator[tuple[str, str]]:
    """(key, address) of everything in an answer that is called a link."""
    if isinstance(body, list):
        for one in body:
            yield from links_in(one, name, below=below)
    elif isinstance(body, dict):
        for key, value in body.items():
            yield from links_in(value, key, below=name)
    elif isinstance(body, str) and (below == "_links" or re.search(r"(^|_)(url|web_path)$", name)):
        yield f"{below}.{name}", body


OF_JOBS = ("/api/v4/job", "/api/v4/token_access/self")
# Of what a job deployed; of a protocol that is not here; of what people say of themselves.
ELSEWHERE = {"external_url", "ssh_url_to_repo", "website_url"}
HOOK = "https://example.com/hook"


def test_every_link_of_the_api_answers(world: World, cast: Cast) -> None:
    found: dict[str, str] = {}
    failed = []
    for endpoint in endpoints():
        if "GET" not in endpoint.methods or not endpoint.path.startswith("/api/v4/") or SKIPPED.match(endpoint.path):
            continue
        caller = Api(job=cast.job_token()) if endpoint.route.startswith(OF_JOBS) else world.api
        answer = read(caller.get(world.address(endpoint)))
        if answer.status_code != 200:
            failed.append(f"{endpoint.path}: {answer.status_code}")
        elif answer["Content-Type"] == "application/json" and not answer.streaming:
            for key, address in links_in(answer.json()):
                if key.rpartition(".")[2] not in ELSEWHERE and address != HOOK:
                    found[address] = f"{endpoint.path} {key}"
    failed += [f"{key}: {address}" for address, key in found.items() if not world.answers(address)]
    assert failed == [], "\n".join(failed)
    assert len(found) > 30
    assert any("/-/commit/" in address for address in found)


MAX_PAGES = 400
MAX_OF_A_KIND = 2


def test_every_link_of_the_pages_answers(world: World) -> None:
    """From the first page on; of addresses that differ in numbers only, some."""
    waiting, seen, failed, kinds = ["/"], {"/"}, [], Counter[str]()
    while waiting and len(seen) < MAX_PAGES:
        address = waiting.pop()
        answer = read(world.browser.get(address))
        if answer.status_code not in {200, 204, 302, 405}:
            failed.append(f"{address}: {answer.status_code}")
        for link in set(links_of(address, answer)) - seen:
            kind = re.sub(r"\d+", "N", link)
            kinds[kind] += 1
            if kinds[kind] <= MAX_OF_A_KIND:
                seen.add(link)
                waiting.append(link)
    assert failed == [], "\n".join(failed)
    assert len(seen) > 60


def links_of(address: str, answer: Any) -> Iterator[str]:
    if answer.status_code == 302:
        yield answer["Location"]
    elif answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
        for link in LINK.findall(answer.content.decode()):
            target = urlsplit(urljoin(f"{SITE}{address}", link.replace("&amp;", "&")))
            path = f"{target.path}?{target.query}" if target.query else target.path
            if target.netloc == "testserver" and not path.startswith(("/assets/", "/admin/", "/users/sign_out")):
                yield path
