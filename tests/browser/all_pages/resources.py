"""What a job can reach: files, packages, images, states, releases."""

from __future__ import annotations

import hashlib

from django.utils import timezone

from projects.repository import Repository
from resources.containers.models import ContainerRepository, ImageProtection
from resources.lfs.models import FileLock
from resources.packages.models import DownloadCount, Package, PackageProtectionRule, TrustedPublisher
from resources.secure_files import services as secure_files
from resources.terraform_states.models import TerraformState
from tests.browser.all_pages.world import WEBSITE, World
from tests.containers import events
from tests.factories import projects
from tests.packages import pypi

LARGE = b"a large file"
NOTES = "## New\n\n- Reads **everything**, see [the guide](guide/a.txt)\n- `tool --help` says how\n"
LOCK = {
    "ID": "2b6a6738-5dd5-50d6-c0ae-f6352977666b", "Who": "olga@laptop", "Operation": "OperationTypeApply",
    "Info": "", "Version": "1.11.4", "Created": "2026-11-30T08:00:00Z", "Path": "",
}  # fmt: skip
STATE = b'{"version": 4, "serial": %d, "terraform_version": "1.11.4", "resources": [{"type": "aws_instance", "name": "web", "instances": [{"attributes": {"ami": "%s"}}]}]}'  # noqa: E501


def fill(world: World) -> None:
    _repository(world)
    _packages(world)
    _images(world)
    _terraform(world)
    _releases(world)
    with secure_files.encrypt_file("release.jks", b"x") as upload:
        world.values["file_id"] = secure_files.store_file(world.library, upload, by=world.owner).pk


def _repository(world: World) -> None:
    oid = hashlib.sha256(LARGE).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(LARGE)}\n"
    files = {"guide/a.txt": "hello\n", "media/film.bin": pointer, ".gitattributes": "*.bin filter=lfs lockable\n"}
    sha = projects.commit(world.library, files, "Say how it is used")
    stored = Repository(world.library.repository_path)
    stored.create_tag("v1.0", "main")
    stored.create_branch("feature/longer-words", "main")
    lock = FileLock.objects.create(
        project=world.library,
        path="media/film.bin",
        path_sha256=hashlib.sha256(b"media/film.bin").hexdigest(),
        owner=world.people["developer"],
    )
    world.values |= {"name": sha, "lock_id": lock.pk, "oid": oid, "ref": "main", "tag": "v1.0"}


def _packages(world: World) -> None:
    assert pypi.upload(world.api, world.library).status_code == 201
    package = Package.objects.get(project=world.library, kind="pypi")
    DownloadCount.objects.create(file=package.files.get(), count=1284, last_at=timezone.now())
    Package.objects.filter(pk=package.pk).update(last_downloaded_at=timezone.now())
    rule = PackageProtectionRule.objects.create(
        project=world.library, kind="npm", name_pattern="@acme/*", min_push_role=40
    )
    publisher = TrustedPublisher.objects.create(
        project=world.library, package_name="my-pkg", source=world.app, environment="production"
    )
    world.values |= {
        "package_id": package.pk,
        "package_file_id": package.files.get().pk,
        "rule_id": rule.pk,
        "publisher_id": publisher.pk,
    }


def _images(world: World) -> None:
    """As the registry tells of pushes; the registry itself does not run."""
    path = f"{world.library.full_path}/tool"
    repository = ContainerRepository.objects.create(project=world.library, path=path, name="tool")
    actor = f"job/{world.values['job_id']}"
    events.send(*(events.push(path, tag, image, actor) for tag, image in (("latest", 1), ("1.0", 1), ("dev-3", 2))))
    rule = ImageProtection.objects.create(project=world.library, pattern=f"{path}*")
    world.values |= {"repository_id": repository.pk, "protection_id": rule.pk}


def _terraform(world: World) -> None:
    address = f"{world.at}/terraform/state/production"
    for serial, image in ((1, b"ami-1"), (2, b"ami-2")):
        assert world.api.post(address, STATE % (serial, image)).status_code == 200
    assert world.api.post(f"{address}/lock", LOCK).status_code == 200
    world.values |= {"state_id": TerraformState.objects.get().pk, "serial": 1}


def _releases(world: World) -> None:
    links = [{"name": "tool", "url": f"{WEBSITE}tool", "direct_asset_path": "/tool"}]
    release = world.make("releases", tag_name="v1.0", name="First", description=NOTES, assets={"links": links})
    world.make("releases", tag_name="v2.0", name="Later", ref="main", released_at="2999-01-01")
    world.values["link_id"] = release["assets"]["links"][0]["id"]
