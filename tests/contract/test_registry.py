"""The real skopeo against the real registry, with our token server (resources.md §3)."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import gitlab
import pytest
import yaml
from django.core.management import call_command

from resources.containers.management.commands import collect_registry_garbage
from tests.contract.world import Someone, Work, World
from tests.support import images
from tests.support.podman import Podman
from tests.support.prepared import Prepared
from tests.support.registry import Registry
from tests.support.server import ADMIN_TOKEN, Answer, LiveServer, free_port, live_server
from tests.support.skopeo import Skopeo

LONG_AGO = """
from datetime import timedelta
from django.db.models import F
from resources.containers.models import ContainerRepository
ContainerRepository.objects.exclude(emptied_at=None).update(emptied_at=F("emptied_at") - timedelta(hours=1))
"""
DENIED = "denied: requested access to the resource is denied"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, prepared_data: Prepared) -> Iterator[LiveServer]:
    """A server with a registry beside it."""
    if not shutil.which("docker-registry") or not shutil.which("skopeo"):
        pytest.skip("The registry or skopeo is missing. On Debian: apt-get install docker-registry skopeo")
    variables = {"TOKENACCESS_REGISTRY": "1", "TOKENACCESS_REGISTRY_PORT": str(free_port())}
    with live_server(tmp_path_factory.mktemp("registry"), prepared_data, **variables) as server:
        wait_for_registry(server)
        yield server


@pytest.fixture
def skopeo(live: LiveServer, tmp_path: Path) -> Any:
    """`skopeo(someone)`, `skopeo(job)`, `skopeo()`."""
    host = f"127.0.0.1:{live.env['TOKENACCESS_REGISTRY_PORT']}"

    def sign_in(who: Any = None) -> Skopeo:
        login = getattr(who, "username", "gitlab-ci-token")
        return Skopeo(tmp_path, host, f"{login}:{who.token}" if who else "")

    return sign_in


@pytest.fixture
def image(tmp_path: Path) -> Path:
    images.image(tmp_path / "image")
    return tmp_path / "image"


def repository_of(world: World) -> dict[str, Any]:
    """The one of the app."""
    (found,) = world.live.call("GET", f"/projects/{world.app.id}/registry/repositories").json
    assert isinstance(found, dict)
    return found


def tags_of(world: World) -> str:
    """The address of its tags in the API."""
    return f"/projects/{world.app.id}/registry/repositories/{repository_of(world)['id']}/tags"


def detail(live: LiveServer, world: World, tag: str) -> dict[str, Any]:
    found: dict[str, Any] = live.call("GET", f"{tags_of(world)}/{tag}").json
    return found


def job_call(world: World, work: Work, method: str, address: str, status: int) -> Answer:
    return world.live.call(method, address, token=None, headers={"JOB-TOKEN": work.token}, status=status)


def test_a_job_pushes_to_its_own_project_and_pulls_again(world: World, skopeo: Any, image: Path, tmp_path: Path):
    job = skopeo(world.running_job())
    pushed = job.push(image, f"{world.app.path}/tool:1.0")
    assert pushed.ok, pushed.errors
    pulled = job.pull(f"{world.app.path}/tool:1.0", tmp_path / "again")
    assert pulled.ok, pulled.errors
    assert job.tags(f"{world.app.path}/tool") == ["1.0"]


def test_a_personal_token_and_a_password_sign_in(world: World, skopeo: Any, image: Path, tmp_path: Path):
    assert skopeo(world.developer).push(image, f"{world.app.path}:latest").ok
    by_password = skopeo(replace(world.developer, token="let me in please"))
    assert by_password.pull(f"{world.app.path}:latest", tmp_path / "again").ok


def test_an_index_keeps_all_its_platforms(world: World, skopeo: Any, tmp_path: Path, live: LiveServer):
    digest = images.index(tmp_path / "index", "amd64", "arm64")
    job = skopeo(world.running_job())
    pushed = job.push(tmp_path / "index", f"{world.app.path}/tool:1.0", "--all")
    assert pushed.ok, pushed.errors
    assert job.pull(f"{world.app.path}/tool:1.0", tmp_path / "again", "--all").ok
    assert digest.partition(":")[2] in {path.name for path in (tmp_path / "again/blobs/sha256").iterdir()}
    tag = detail(live, world, "1.0")
    assert (tag["digest"], tag["total_size"], tag["revision"]) == (digest, None, None)


def test_an_artifact_that_is_no_image_is_kept(world: World, live: LiveServer, tmp_path: Path):
    """As oras pushes it, which skopeo does not."""
    digest = images.artifact(tmp_path / "report")
    raw = Registry(live, world.running_job())
    raw.push(tmp_path / "report", f"{world.app.path}/tool", "1.0")
    assert raw.get(f"{world.app.path}/tool", "manifests/1.0").headers["Docker-Content-Digest"] == digest
    assert detail(live, world, "1.0")["total_size"] == len(b"all is well")


@pytest.fixture
def podman(live: LiveServer) -> Iterator[Podman]:
    """In a folder of its own: podman takes no path of more than fifty characters."""
    with tempfile.TemporaryDirectory(prefix="podman-") as folder:
        yield Podman(Path(folder), f"127.0.0.1:{live.env['TOKENACCESS_REGISTRY_PORT']}")


def test_podman_signs_in_pushes_and_pulls(world: World, image: Path, podman: Podman):
    if not podman.works:
        pytest.skip("podman is missing or does not work here. On Debian: apt-get install podman")
    job = world.running_job()
    assert "Login Succeeded" in podman.sign_in("gitlab-ci-token", job.token).output
    number = podman("pull", "-q", f"oci:{image}").strip()
    assert podman.push(number, f"{world.app.path}:1.0").ok
    podman("rmi", "--force", number)
    assert podman.pull(f"{world.app.path}:1.0").ok
    assert DENIED in podman.push(number, f"{world.library.path}:1.0").errors
    job.finish()
    assert "invalid username/password" in podman.sign_in("gitlab-ci-token", job.token).errors


# --- Who may not ------------------------------------------------------------------------------------------------------


def test_a_job_pushes_to_no_other_project_whatever_is_listed(world: World, skopeo: Any, image: Path):
    world.live.make(f"/projects/{world.library.id}/job_token_scope/allowlist", target_project_id=world.app.id)
    pushed = skopeo(world.running_job()).push(image, f"{world.library.path}:1.0")
    assert not pushed.ok
    assert DENIED in pushed.errors


def test_a_job_pulls_from_another_project_once_it_is_listed(world: World, skopeo: Any, image: Path, tmp_path: Path):
    assert skopeo(world.developer).push(image, f"{world.library.path}:1.0").ok
    job = skopeo(world.running_job())
    refused = job.pull(f"{world.library.path}:1.0", tmp_path / "again")
    absent = job.pull(f"{world.group.path}/absent:1.0", tmp_path / "again")
    assert DENIED in refused.errors
    assert refused.errors.replace("library", "absent") == absent.errors
    world.live.make(f"/projects/{world.library.id}/job_token_scope/allowlist", target_project_id=world.app.id)
    assert job.pull(f"{world.library.path}:1.0", tmp_path / "again").ok


def test_a_job_copies_what_it_may_pull_into_its_own_project(world: World, skopeo: Any, image: Path):
    assert skopeo(world.developer).push(image, f"{world.library.path}:1.0").ok
    world.live.make(f"/projects/{world.library.id}/job_token_scope/allowlist", target_project_id=world.app.id)
    copied = skopeo(world.running_job()).copy(f"{world.library.path}:1.0", f"{world.app.path}/copy:1.0")
    assert copied.ok, copied.errors


def test_a_layer_is_mounted_only_from_where_the_job_may_pull(world: World, skopeo: Any, image: Path, live: LiveServer):
    assert skopeo(world.developer).push(image, f"{world.library.path}:1.0").ok
    layer = images.layer_of(image)
    raw = Registry(live, world.running_job())
    mount = f"blobs/uploads/?mount={layer}&from={world.library.path}"
    scopes = f"repository:{world.library.path}:pull repository:{world.app.path}:pull,push"
    assert raw.ask("POST", world.app.path, mount, scopes).status_code == 401
    world.live.make(f"/projects/{world.library.id}/job_token_scope/allowlist", target_project_id=world.app.id)
    assert raw.ask("POST", world.app.path, mount, scopes).status_code == 201
    assert raw.get(world.app.path, f"blobs/{layer}").status_code == 200


def test_a_job_that_has_ended_signs_in_no_more(world: World, skopeo: Any, image: Path):
    job = world.running_job()
    assert skopeo(job).push(image, f"{world.app.path}:1.0").ok
    job.finish()
    refused = skopeo(job).push(image, f"{world.app.path}:2.0")
    assert not refused.ok
    assert "authentication required" in refused.errors or "unauthorized" in refused.errors


def test_a_visitor_pulls_from_a_public_project_and_pushes_nowhere(
    world: World, skopeo: Any, image: Path, tmp_path: Path
):
    assert skopeo(world.developer).push(image, f"{world.library.path}:1.0").ok
    assert not skopeo().pull(f"{world.library.path}:1.0", tmp_path / "again").ok
    world.live.call("PUT", f"/projects/{world.library.id}", {"visibility": "public"})
    assert skopeo().pull(f"{world.library.path}:1.0", tmp_path / "again").ok
    assert not skopeo().push(image, f"{world.library.path}:2.0").ok


# --- Deleting ---------------------------------------------------------------------------------------------------------


def test_one_tag_is_deleted_and_another_of_the_same_image_stays(world: World, skopeo: Any, image: Path):
    job = world.running_job()
    client = skopeo(job)
    assert client.push(image, f"{world.app.path}/tool:1.0").ok
    assert client.push(image, f"{world.app.path}/tool:1").ok
    tags = tags_of(world)
    job_call(world, job, "DELETE", f"{tags}/1.0", 200)
    assert client.tags(f"{world.app.path}/tool") == ["1"]
    assert [tag["name"] for tag in job_call(world, job, "GET", tags, 200).json] == ["1"]
    job_call(world, job, "GET", f"{tags}/1.0", 404)


@pytest.mark.parametrize("by_job", [True, False])
def test_skopeo_deletes_an_image_for_a_maintainer_or_their_job_and_for_no_developer(
    world: World, skopeo: Any, image: Path, by_job: bool
):
    assert skopeo(world.developer).push(image, f"{world.app.path}/tool:1.0").ok
    assert not skopeo(world.developer).delete(f"{world.app.path}/tool:1.0").ok
    who = world.running_job(by=world.maintainer) if by_job else world.maintainer
    assert skopeo(who).delete(f"{world.app.path}/tool:1.0").ok
    assert world.live.call("GET", tags_of(world)).json == []


def test_a_bulk_deletion_keeps_what_its_rules_keep(world: World, skopeo: Any, tmp_path: Path, live: LiveServer):
    for day, name in enumerate(["a", "b", "c", "latest", "v1"], start=1):
        images.image(tmp_path / name, created=f"2024-01-0{day}T00:00:00Z")
        assert skopeo(world.maintainer).push(tmp_path / name, f"{world.app.path}/tool:{name}").ok
    tags = tags_of(world)
    rules = "name_regex_delete=.*&name_regex_keep=v.*&keep_n=1&older_than=1d"
    listed = live.call("DELETE", f"{tags}?{rules}&dry_run=true").json
    assert [tag["name"] for tag in listed] == ["b", "a"]
    assert live.call("DELETE", f"{tags}?{rules}").status == 202
    assert "once an hour" in live.call("DELETE", f"{tags}?{rules}", status=400).json["message"]
    live.manage("housekeeping")
    assert skopeo(world.maintainer).tags(f"{world.app.path}/tool") == ["c", "latest", "v1"]


def test_the_disk_is_cleaned_up_while_the_registry_runs(
    world: World, skopeo: Any, tmp_path: Path, live: LiveServer, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    client, name = skopeo(world.maintainer), f"{world.app.path}/tool"
    images.index(tmp_path / "index", "amd64", "arm64")
    images.image(tmp_path / "gone")
    assert client.push(tmp_path / "index", f"{name}:index", "--all").ok
    assert client.push(tmp_path / "gone", f"{name}:gone").ok
    digest = images.layer_of(tmp_path / "gone").removeprefix("sha256:")
    layer = live.data / f"registry/storage/docker/registry/v2/blobs/sha256/{digest[:2]}/{digest}/data"
    assert layer.exists()
    assert client.delete(f"{name}:gone").ok

    settings.REGISTRY_DIR = live.data / "registry"
    output = StringIO()
    call_command("collect_registry_garbage", dry_run=True, stdout=output)
    assert f"blob eligible for deletion: sha256:{digest}" in output.getvalue()
    assert layer.exists()

    waited = []

    def push_meanwhile(self: Any, seconds: float) -> None:
        waited.append((seconds, DENIED in client.push(tmp_path / "gone", f"{name}:again").errors))

    monkeypatch.setattr(collect_registry_garbage.Command, "_wait_for_tokens", push_meanwhile)
    call_command("collect_registry_garbage", stdout=output)
    assert waited == [(360, True)]
    assert not layer.exists()
    assert client.pull(f"{name}:index", tmp_path / "again", "--all").ok
    assert client.push(tmp_path / "gone", f"{name}:again").ok
    assert layer.exists()


def test_a_repository_is_deleted_with_its_images(
    world: World, skopeo: Any, image: Path, tmp_path: Path, live: LiveServer
):
    assert skopeo(world.maintainer).push(image, f"{world.app.path}/tool:1.0").ok
    repository = repository_of(world)
    assert live.call("DELETE", f"/projects/{world.app.id}/registry/repositories/{repository['id']}").status == 202
    assert not skopeo(world.maintainer).push(image, f"{world.app.path}/tool:2.0").ok
    live.manage("housekeeping")
    assert live.call("GET", f"/projects/{world.app.id}/registry/repositories").json == []
    assert not skopeo(world.maintainer).pull(f"{world.app.path}/tool:1.0", tmp_path / "again").ok
    assert skopeo(world.maintainer).push(image, f"{world.app.path}/tool:1.0").ok


def test_a_new_project_inherits_no_images_of_a_deleted_one(
    world: World, skopeo: Any, image: Path, tmp_path: Path, live: LiveServer
):
    first = world.project("heir")
    admin = skopeo(Someone(0, "root", ADMIN_TOKEN))
    assert admin.push(image, f"{first.path}:1.0").ok
    live.call("DELETE", f"/projects/{first.id}")
    live.manage("housekeeping")  # until then the images hold the path
    second = world.project("heir")
    assert second.path == first.path
    assert not admin.pull(f"{first.path}:1.0", tmp_path / "again").ok
    assert not admin.push(image, f"{first.path}:2.0").ok
    live.manage("housekeeping")
    assert not admin.push(image, f"{first.path}:2.0").ok  # a former token may still be good
    live.manage("shell", "-c", LONG_AGO)
    live.manage("housekeeping")
    assert "manifest unknown" in admin.pull(f"{first.path}:1.0", tmp_path / "again").errors
    assert admin.push(image, f"{first.path}:2.0").ok


def test_python_gitlab_lists_and_deletes(world: World, skopeo: Any, image: Path):
    for tag in ("1.0", "2.0", "latest"):
        assert skopeo(world.maintainer).push(image, f"{world.app.path}/tool:{tag}").ok
    with gitlab.Gitlab(world.live.url, private_token=world.maintainer.token) as client:
        project = client.projects.get(world.app.id)
        (repository,) = project.repositories.list(get_all=True, tags_count=True)
        assert (repository.path, repository.tags_count) == (f"{world.app.path}/tool", 3)
        assert client.groups.get(world.group.id).registry_repositories.list(get_all=True)[0].id == repository.id
        assert client.registry_repositories.get(repository.id, size=True).size > 1000
        assert [tag.name for tag in repository.tags.list(get_all=True)] == ["1.0", "2.0", "latest"]
        assert repository.tags.get("1.0").digest == repository.tags.get("latest").digest
        repository.tags.delete("1.0")
        repository.tags.delete_in_bulk(name_regex_delete=".*", keep_n=0)
        world.live.manage("housekeeping")
        assert [tag.name for tag in repository.tags.list(get_all=True)] == ["latest"]
        rules = project.registry_protection_repository_rules
        path = f"{world.app.path}/tool"
        rule = rules.create({"repository_path_pattern": path, "minimum_access_level_for_delete": "owner"})
        with pytest.raises(gitlab.GitlabDeleteError, match="403 Forbidden"):
            repository.delete()
        rules.delete(rule.id)
        repository.delete()


# --- Keys and secrets -------------------------------------------------------------------------------------------------


def test_a_key_is_rotated_while_a_pull_goes_on(world: World, skopeo: Any, image: Path, live: LiveServer):
    assert skopeo(world.developer).push(image, f"{world.app.path}:1.0").ok
    raw = Registry(live, world.running_job())
    held = raw.token(f"repository:{world.app.path}:pull")
    assert "Rotated" in live.manage("rotate_registry_key")
    assert raw.get(world.app.path, "manifests/1.0", token=held).status_code == 200
    assert skopeo(world.developer).push(image, f"{world.app.path}:2.0").ok
    with pytest.raises(AssertionError, match="does not know the next key yet"):
        live.manage("rotate_registry_key")


def test_no_secret_is_in_the_registrys_log(world: World, skopeo: Any, image: Path, live: LiveServer):
    job = world.running_job()
    assert skopeo(job).push(image, f"{world.app.path}:1.0").ok
    token = Registry(live, job).token(f"repository:{world.app.path}:pull")
    config = yaml.safe_load((live.data / "registry" / "config.yml").read_text())
    events = config["notifications"]["endpoints"][0]["headers"]["Authorization"][0]
    log = (live.data / "registry" / "registry.log").read_text()
    assert "blob unknown" in log
    for secret in (job.token, token, events, config["http"]["secret"]):
        assert secret not in log


def test_the_registry_ends_with_its_server_even_one_that_is_killed(
    tmp_path: Path, prepared_data: Prepared, live: LiveServer
):
    variables = {"TOKENACCESS_REGISTRY": "1", "TOKENACCESS_REGISTRY_PORT": str(free_port())}
    with live_server(tmp_path, prepared_data, **variables) as server:
        (pid,) = wait_for_processes(server, 1)
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(parent, signal.SIGKILL)
        wait_for_processes(server, 0)


def wait_for_registry(server: LiveServer) -> None:
    """It is started beside the server, and may be a moment later."""
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", int(server.env["TOKENACCESS_REGISTRY_PORT"]))).close()
            return
        except ConnectionRefusedError:
            assert time.monotonic() < until
            time.sleep(0.1)


def wait_for_processes(server: LiveServer, count: int) -> list[int]:
    until = time.monotonic() + 60
    while len(found := registry_processes(server)) != count:
        assert time.monotonic() < until, found
        time.sleep(0.1)
    return found


def registry_processes(server: LiveServer) -> list[int]:
    config = str(server.data / "registry" / "config.yml")
    done = subprocess.run(
        ["pgrep", "-f", f"^docker-registry serve {config}"], capture_output=True, text=True, check=False
    )
    return [int(number) for number in done.stdout.split()]
