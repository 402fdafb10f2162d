"""The real npm publishes to the real server and installs from it, as people and as jobs."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.contract.world import Place, World
from tests.packages.npm.publications import publication
from tests.support.curl import curl
from tests.support.npm import Npm

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm: apt-get install npm")


class Npms:
    """`npms(token)`: an npm of its own whose registry is the library's, or another address."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder, self.count = world, folder, 0

    def __call__(self, token: str, registry: str = "", project: Place | None = None) -> Npm:
        self.count += 1
        place = project or self.world.library
        registry = registry or f"/projects/{place.id}/packages/npm/"
        live = self.world.live
        return Npm(self.folder / f"npm{self.count}", live.url, live.api + registry, token)


@pytest.fixture
def npms(world: World, tmp_path: Path) -> Npms:
    return Npms(world, tmp_path)


def allow(world: World) -> None:
    path = f"/projects/{world.library.id}/job_token_scope/allowlist"
    world.live.make(path, target_project_id=world.app.id)


def allow_only(world: World, permissions: list[str]) -> None:
    """The app's jobs may do that in the library; only GraphQL has it."""
    mutation = """mutation($input: CiJobTokenScopeAddGroupOrProjectInput!) {
        ciJobTokenScopeAddGroupOrProject(input: $input) { errors }
    }"""
    entry = {"projectPath": world.library.path, "targetPath": world.app.path, "defaultPermissions": False}
    body = {"query": mutation, "variables": {"input": {**entry, "jobTokenPolicies": permissions}}}
    said = world.live.call("POST", f"{world.live.url}/api/graphql", body).json
    assert said["data"]["ciJobTokenScopeAddGroupOrProject"] == {"errors": []}


def test_a_job_publishes_and_a_job_of_a_listed_project_installs(world: World, npms: Npms):
    npms(world.running_job(world.library).token).publish("@acme/demo")
    allow(world)
    npm = npms(world.running_job().token)
    npm("install", "@acme/demo")
    assert (npm.folder / "node_modules/@acme/demo/index.js").read_text() == "module.exports = '1.0.0'\n"
    lock = json.loads((npm.folder / "package-lock.json").read_text())
    assert lock["packages"]["node_modules/@acme/demo"]["integrity"].startswith("sha512-")
    package = world.live.call("GET", f"/projects/{world.library.id}/packages").json[0]
    assert (package["name"], package["version"], package["package_type"]) == ("@acme/demo", "1.0.0", "npm")
    assert package["pipeline"]["project_id"] == world.library.id


def test_a_package_without_a_scope_and_with_what_it_needs_is_installed(world: World, npms: Npms):
    npm = npms(world.developer.token)
    npm.publish("base", "2.1.0")
    npm.publish("top", "1.0.0", dependencies={"base": "^2.0.0"}, bin={"top": "index.js"})
    npm("install", "top", "--loglevel=warn", cwd="work")
    assert (npm.folder / "work/node_modules/base/package.json").exists()
    assert (npm.folder / "work/node_modules/.bin/top").exists()
    npm("ci", cwd="work")


def test_a_version_is_published_once(world: World, npms: Npms):
    npm = npms(world.developer.token)
    npm.publish("demo")
    assert "cannot publish over the previously published versions" in npm.refusal("publish", cwd="package")


def test_npm_view_shows_a_package(world: World, npms: Npms):
    npm = npms(world.developer.token)
    npm.publish("demo", "1.0.0", description="Shows things", license="MIT")
    npm.publish("demo", "1.1.0")
    seen = json.loads(npm("view", "demo", "--json"))
    assert (seen["version"], seen["versions"]) == ("1.1.0", ["1.0.0", "1.1.0"])
    assert json.loads(npm("view", "demo@1.0.0", "--json"))["description"] == "Shows things"


def test_dist_tags_are_added_listed_and_removed(world: World, npms: Npms):
    npm = npms(world.maintainer.token)
    npm.publish("demo", "1.0.0")
    npm.publish("demo", "2.0.0-rc.1", "--tag", "next")
    npm("dist-tag", "add", "demo@1.0.0", "stable")
    assert npm("dist-tag", "ls", "demo").split("\n")[:3] == ["latest: 1.0.0", "next: 2.0.0-rc.1", "stable: 1.0.0"]
    npm("dist-tag", "rm", "demo", "stable")
    assert "stable" not in npm("dist-tag", "ls", "demo")
    npm("install", "demo@next", cwd="work")
    assert "rc.1" in (npm.folder / "work/node_modules/demo/index.js").read_text()


def test_a_maintainer_deprecates_a_version_and_takes_it_back(world: World, npms: Npms):
    npms(world.developer.token).publish("demo")
    npm = npms(world.maintainer.token)
    npm("deprecate", "demo@1.0.0", "use another")
    assert "use another" in npm.run("install", "demo", cwd="work").stderr
    npm("deprecate", "demo@1.0.0", "")
    assert "use another" not in npm.run("install", "demo", cwd="again").stderr
    assert "403 Forbidden" in npms(world.developer.token).refusal("deprecate", "demo", "no")


def test_a_maintainer_unpublishes_one_version_and_then_all(world: World, npms: Npms):
    npm = npms(world.maintainer.token)
    for version in ("1.0.0", "1.1.0", "2.0.0"):
        npm.publish("@acme/demo", version)
    npm("unpublish", "@acme/demo@2.0.0")
    assert json.loads(npm("view", "@acme/demo", "versions", "--json")) == ["1.0.0", "1.1.0"]
    assert npm("view", "@acme/demo", "dist-tags.latest").strip() == "1.1.0"
    npm("unpublish", "@acme/demo", "--force")
    assert "E404" in npm.refusal("view", "@acme/demo")
    assert world.live.call("GET", f"/projects/{world.library.id}/packages").json == []


# --- Refusals, in npm's own output ------------------------------------------------------------------------------------


def test_a_job_of_an_unlisted_project_sees_that_there_is_nothing(world: World, npms: Npms):
    npms(world.developer.token).publish("@acme/demo")
    npm = npms(world.running_job().token)
    refused = npm.refusal("install", "@acme/demo")
    assert "E404" in refused
    assert "404 Project Not Found" in refused
    assert "404 Project Not Found" in npm.refusal("publish", cwd=npm.package("@acme/demo", "2.0.0"))


def test_a_job_whose_entry_grants_reading_only_may_not_publish(world: World, npms: Npms):
    npms(world.developer.token).publish("demo")
    allow_only(world, ["READ_PACKAGES"])
    npm = npms(world.running_job().token)
    npm("install", "demo", cwd="work")
    refused = npm.refusal("publish", cwd=npm.package("demo", "2.0.0"))
    assert "E403" in refused
    assert "The following token permission is required: admin_packages." in refused


def test_a_finished_job_sees_that_its_token_is_refused(world: World, npms: Npms):
    work = world.running_job(world.library)
    npm = npms(work.token)
    npm.publish("demo")
    work.finish()
    refused = npm.refusal("install", "demo", cwd="work")
    assert "E401" in refused
    assert "E401" in npm.refusal("publish", cwd=npm.package("demo", "2.0.0"))


def test_a_reporter_reads_and_does_not_publish(world: World, npms: Npms):
    npms(world.developer.token).publish("demo")
    reporter = world.member("reporter", 20)
    npm = npms(reporter.token)
    npm("install", "demo", cwd="work")
    refused = npm.refusal("publish", cwd=npm.package("demo", "2.0.0"))
    assert "403 Forbidden" in refused


def test_an_absent_package_is_said_to_be_absent(world: World, npms: Npms):
    refused = npms(world.developer.token).refusal("view", "nothing-here")
    assert "Packages not found" in refused


# --- Below a group, and on the whole instance -------------------------------------------------------------------------


def test_a_job_installs_from_its_group_and_from_the_instance(world: World, npms: Npms):
    scope = f"@{world.group.path}"
    npms(world.developer.token).publish(f"{scope}/demo")
    allow(world)
    token = world.running_job().token
    for number, registry in enumerate((f"/groups/{world.group.id}/-/packages/npm/", "/packages/npm/")):
        npm = npms(token, registry)
        npm("install", f"{scope}/demo", cwd=f"work{number}")
        assert npm("dist-tag", "ls", f"{scope}/demo").strip() == "latest: 1.0.0"


def test_a_job_of_an_unlisted_project_finds_nothing_in_the_group(world: World, npms: Npms):
    scope = f"@{world.group.path}"
    npms(world.developer.token).publish(f"{scope}/demo")
    token = world.running_job().token
    for registry in (f"/groups/{world.group.id}/-/packages/npm/", "/packages/npm/"):
        npm = npms(token, registry)
        hidden, absent = (npm.refusal("view", f"{scope}/{name}") for name in ("demo", "nope"))
        assert "Packages not found" in hidden
        assert without_log(hidden) == without_log(absent).replace("nope", "demo")


def without_log(said: str) -> str:
    return said.partition("npm error A complete log")[0]


def test_the_token_may_come_with_the_command_as_the_pages_have_it(world: World, npms: Npms):
    npm = npms("")
    address = f"{world.live.api}/projects/{world.library.id}/packages/npm/"
    token = f"--{address.partition(':')[2]}:_authToken={world.developer.token}"
    npm("publish", f"--registry={address}", token, cwd=npm.package("@acme/demo"))
    npm("install", "@acme/demo@1.0.0", f"--@acme:registry={address}", token, cwd="work")
    assert (npm.folder / "work/node_modules/@acme/demo/index.js").exists()


def test_of_publications_at_the_same_moment_one_is_stored(world: World, tmp_path: Path):
    """npm itself looks first, so that only two at once get as far as the server's refusal."""
    address = f"{world.live.api}/projects/{world.library.id}/packages/npm/@acme%2fdemo"
    headers = ["-H", f"PRIVATE-TOKEN: {world.developer.token}", "-H", "Content-Type: application/json"]

    def publish(number: int) -> int:
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "body").write_text(json.dumps(publication(data=f"archive {number}".encode())))
        return curl(folder, *headers, "-T", "body", address).status

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(publish, range(8))) == [200, *[403] * 7]
