"""What is stored: packages, images, artifacts, releases, states and files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

from django.utils import timezone

from bench.place.rows import IN_A_YEAR, SHA, Place, add, blob, digest, each, name_of
from blobs.models import Blob
from jobs.models import Job, JobArtifact
from resources.containers.models import ContainerRepository, ImageProtection, Manifest, Tag
from resources.lfs.models import FileLock, LfsObject
from resources.packages.models import Package, PackageFile, PackageProtectionRule, TrustedPublisher
from resources.releases.models import Evidence, Release, ReleaseLink
from resources.secure_files import services as secure_files
from resources.secure_files.models import SecureFile
from resources.terraform_states import services as states
from resources.terraform_states.documents import StateDocument
from resources.terraform_states.models import StateVersion, TerraformState

MAX_SECURE_FILES = 90
IMAGE = "application/vnd.oci.image.manifest.v1+json"


def fill(place: Place, numbers: Sequence[int]) -> None:
    if 1 in numbers:
        _store_first(place)
    for write in (_fill_packages, _fill_images, _fill_releases, _fill_states, _fill_lfs):
        write(place, numbers)
    first = SecureFile.objects.filter(project=place.project)[0]
    same = {"blob": first.blob, "size": 1, "sha256": "0" * 64, "creator": place.person}
    add(SecureFile, numbers[:MAX_SECURE_FILES], project=place.project, name=name_of("file"), **same)


def _store_first(place: Place) -> None:
    """What pages read: an archive of artifacts, an encrypted file, two versions of a state."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(200):
            archive.writestr(f"out/file{number}.txt", "A line.\n")
    job = Job.objects.filter(project=place.project, name="deploy").order_by("id")[0]
    kind = {"file_type": "archive", "file_format": "zip", "filename": "artifacts.zip"}
    stored = {"blob": blob(packed.getvalue()), "size": len(packed.getvalue())}
    add(JobArtifact, [1], job=job, expires_at=timezone.now() + IN_A_YEAR, **stored, **kind)
    with secure_files.encrypt_file("key.jks", b"x") as upload:
        secure_files.store_file(place.project, upload, by=place.person)
    for serial in (1, 2):
        text = f'{{"version": 4, "serial": {serial}, "lineage": "x", "resources": []}}'.encode()
        with states.encrypt_state(StateDocument.parse(text)) as state:
            states.store_version(place.project, "production", state, "", by=place.person, job_id=None)


def _fill_packages(place: Place, numbers: Sequence[int]) -> None:
    project, person = place.project, place.person
    of = {"blob": blob(b"x" * 1000), "name": "tool.tgz", "size": 1000, "creator": person}
    for kind in ("generic", "pypi"):
        packages = add(
            Package, numbers, project=project, kind=kind, name=name_of("tool"), version="1.0", creator=person
        )
        count, package = each(packages)
        add(PackageFile, count, package=package, **of)
    first = Package.objects.filter(project=project).order_by("id")[0]
    add(PackageFile, numbers, package=first, **of)
    add(PackageProtectionRule, numbers, project=project, kind="generic", name_pattern=name_of("tool"), min_push_role=40)
    rule = {"package_name": name_of("tool"), "source_id": place.sources[0], "created_by": person}
    add(TrustedPublisher, numbers, project=project, **rule)


def _fill_images(place: Place, numbers: Sequence[int]) -> None:
    project = place.project
    path = name_of(f"{project.full_path}/image")
    add(ContainerRepository, numbers, project=project, name=name_of("image"), path=path)
    first = ContainerRepository.objects.filter(project=project).order_by("id")[0]
    about = {"media_type": IMAGE, "size": 1000, "inspected": True}
    manifests = add(Manifest, numbers, repository=first, digest=digest("image"), **about)
    pushed = {"pushed_at": timezone.now(), "pusher": place.person}
    count, manifest = each(manifests)
    add(Tag, count, repository=first, manifest=manifest, name=lambda one: f"v{numbers[one]}", **pushed)
    add(ImageProtection, numbers, project=project, pattern=name_of("image"))


def _fill_releases(place: Place, numbers: Sequence[int]) -> None:
    project, url = place.project, "https://example.com/"
    releases = add(Release, numbers, project=project, tag=name_of("v"), sha=SHA, name=name_of("R"), author=place.person)
    count, release = each(releases)
    add(ReleaseLink, count, release=release, name="tool", url=url)
    add(Evidence, count, release=release, document={}, sha256="0" * 64)
    first = Release.objects.filter(project=project).order_by("id")[0]
    add(ReleaseLink, numbers, release=first, name=name_of("link"), url=url)


def _fill_states(place: Place, numbers: Sequence[int]) -> None:
    project, person = place.project, place.person
    lock = {"lock_id": "bench", "lock": {"ID": "bench"}, "locked_at": timezone.now(), "locked_by": person}
    add(TerraformState, numbers, project=project, name=name_of("state"), **lock)
    first = StateVersion.objects.filter(state__project=project).order_by("id")[0]
    same = {"state": first.state, "blob": first.blob, "size": 1, "sha256": "0" * 64, "creator": person}
    add(StateVersion, numbers, serial=lambda number: 1000 + number, **same)


def _fill_lfs(place: Place, numbers: Sequence[int]) -> None:
    project, person = place.project, place.person
    blobs = add(Blob, numbers, sha256=digest("lfs"), size=1)
    count, stored = each(blobs)
    add(LfsObject, count, project=project, blob=stored, size=1, creator=person)
    lock = {"path": name_of("file"), "path_sha256": digest("lock"), "owner": person, "locked_at": timezone.now()}
    add(FileLock, numbers, project=project, **lock)
