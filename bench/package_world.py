"""Packages to install. Run with the product's settings:

python -m bench.package_world VERSIONS[,VERSIONS…] OTHERS FILE

In one project each format has a package with each number of versions, each of one file; beside them OTHERS packages of
every format. Who downloads is a job of another project, which the allowlist names. What to ask for goes to FILE.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

BASE = 30_000_000  # all ids begin here
TARGET, SOURCE = BASE, BASE + 1
CONTENT = b"0123456789abcdef" * 64
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MANIFEST = {"license": "MIT", "bin": {"demo": "cli.js"}, "dependencies": {"left": "^1.0.0", "right": "~2.1"}}


def main(sizes: list[int], others: int, file: Path) -> None:
    from bench.copying import analyze, without_foreign_key_checks
    from identity.credentials.table import Prefix
    from identity.secrets import mint

    token = mint(Prefix.JOB)
    with without_foreign_key_checks():
        _fill_projects(token)
        ids = count(BASE)
        _fill_packages(((f"demo-{size}", version) for size in sizes for version in range(size)), ids)
        _fill_packages(((f"other-{other}", 0) for other in range(others)), ids)
        _tag_npm_packages(sizes)
        _store_maven_metadata(sizes, ids)
    analyze()
    file.write_text(json.dumps({"job": token, "addresses": {size: _addresses(size) for size in sizes}}))


def _fill_projects(token: str) -> None:
    from bench.copying import Table
    from bench.world import rights_of
    from identity.models import User
    from identity.secrets import digest
    from jobs.models import Job, JobToken, Pipeline
    from projects.models import Group, GroupAncestor, Project, ProjectEffectiveRole
    from tokenaccess.models import AllowlistEntry, TokenAccessSettings
    from tokenaccess.policy.levels import Role

    Table(User, "id", "username", password="!", name="Developer", is_active=True).fill([(BASE, "benchinstaller")])
    Table(Group, "id", name="pack", path="pack", full_path="pack", visibility=0).fill([(BASE,)])
    Table(GroupAncestor, "group_id", "ancestor_id", distance=0).fill([(BASE, BASE)])
    Table(Project, "id", "name", "path", "full_path", group_id=BASE, visibility=0).fill(
        [(TARGET, "lib", "lib", "pack/lib"), (SOURCE, "app", "app", "pack/app")]
    )
    # Its own jobs push to it: LFS objects are uploaded as they are.
    Table(TokenAccessSettings, "project_id", "takes_job_pushes").fill([(TARGET, False), (SOURCE, True)])
    Table(AllowlistEntry, "project_id", "target_project_id", direction="inbound").fill([(TARGET, SOURCE)])
    rights = rights_of(Role.DEVELOPER)
    roles = Table(ProjectEffectiveRole, "content_object_id", "permission_id", "role", user_id=BASE)
    roles.fill((project, *right) for project in (TARGET, SOURCE) for right in rights)
    constant = {"ref": "main", "sha": "1" * 40, "source": "push", "status": "running", "user_id": BASE}
    Table(Pipeline, "id", "project_id", iid=1, **constant).fill([(BASE, SOURCE)])
    same = {"name": "test", "stage": "test", "stage_index": 0, "status": "running"}
    Table(Job, "id", "pipeline_id", "project_id", "user_id", **same).fill([(BASE, BASE, SOURCE, BASE)])
    Table(JobToken, "job_id", "digest").fill([(BASE, digest(token))])


def _fill_packages(releases: Iterable[tuple[str, int]], ids: Iterator[int]) -> None:
    """Name and number of each release; every format has it. All files are one blob."""
    from bench.copying import Table
    from resources.packages.models import NpmVersion, Package, PackageFile, PypiFile

    rows = [
        (next(ids), kind, *_release(kind, name, version))
        for name, version in releases
        for kind in ("generic", "pypi", "npm", "maven", "terraform_module")
    ]
    _store_content()
    packages = Table(Package, "id", "kind", "name", "version", project_id=TARGET)
    packages.fill((number, kind, name, version) for number, kind, name, version, _ in rows)
    digests = {"md5": "1" * 32, "sha1": "1" * 40, "sha512": "1" * 128}
    files = Table(PackageFile, "id", "package_id", "name", blob_id=SHA256, size=len(CONTENT), **digests)
    files.fill((number, number, file_name) for number, _, _, _, file_name in rows)
    Table(PypiFile, "file_id", "metadata_id", requires_python=">=3.9").fill(
        (number, SHA256) for number, kind, *_ in rows if kind == "pypi"
    )
    Table(NpmVersion, "package_id", "manifest").fill(
        (number, json.dumps(_manifest(name, version))) for number, kind, name, version, _ in rows if kind == "npm"
    )


def _tag_npm_packages(sizes: list[int]) -> None:
    """`npm publish` has the last version called `latest`."""
    from bench.copying import Table
    from resources.packages.models import NpmTag, Package

    names = {size: f"@pack/demo-{size}" for size in sizes}
    rows = Package.objects.filter(project=TARGET, kind="npm")
    Table(NpmTag, "package_name", "package_id", project_id=TARGET, name="latest").fill(
        [(name, rows.get(name=name, version=f"1.{size - 1}.0").pk) for size, name in names.items()]
    )


def _release(kind: str, name: str, version: int) -> tuple[str, str, str]:
    """Its name, version and file name as the format stores them."""
    number = f"1.{version}.0"
    match kind:
        case "pypi":
            return name, number, f"{name.replace('-', '_')}-{number}-py3-none-any.whl"
        case "npm":
            return f"@pack/{name}", number, f"@pack/{name}-{number}.tgz"
        case "maven":
            return f"com/pack/{name}", number, f"{name}-{number}.jar"
        case "terraform_module":
            return f"{name}/aws", number, f"{name}-aws-{number}.tgz"
    return name, number, f"{name}.tgz"


def _manifest(name: str, version: str) -> dict[str, Any]:
    dist = {"shasum": "1" * 40, "integrity": "sha512-" + "1" * 88}
    return {"name": name, "version": version, **MANIFEST, "dist": dist}


def _store_content() -> None:
    from bench.copying import Table
    from blobs.models import Blob

    if not Blob.objects.filter(pk=SHA256).exists():
        Table(Blob, "sha256", size=len(CONTENT)).fill([(SHA256,)])
        _write_blob(SHA256, CONTENT)


def _write_blob(sha256: str, content: bytes) -> None:
    from blobs.models import path_of

    path_of(sha256).parent.mkdir(parents=True, exist_ok=True)
    path_of(sha256).write_bytes(content)


def _store_maven_metadata(sizes: list[int], ids: Iterator[int]) -> None:
    """The index of a Maven repository is a file that its client writes."""
    from bench.copying import Table
    from blobs.models import Blob
    from resources.packages.models import Package, PackageFile

    for size in sizes:
        versions = "".join(f"<version>1.{version}.0</version>" for version in range(size))
        text = (
            f"<metadata><groupId>com.pack</groupId><versioning><versions>{versions}</versions></versioning></metadata>"
        )
        sha256, number = hashlib.sha256(text.encode()).hexdigest(), next(ids)
        _write_blob(sha256, text.encode())
        Table(Blob, "sha256", size=len(text)).fill([(sha256,)])
        package = {"project_id": TARGET, "kind": "maven", "name": f"com/pack/demo-{size}", "version": ""}
        Table(Package, "id", **package).fill([(number,)])
        Table(PackageFile, "id", package_id=number, blob_id=sha256, name="maven-metadata.xml", size=len(text)).fill(
            [(number,)]
        )


def _addresses(size: int) -> dict[str, dict[str, str]]:
    """Format → what a client asks for: `index`, where there is one, and `file`, of the first version."""

    name, project = f"demo-{size}", f"/api/v4/projects/{TARGET}/packages"
    module = f"/api/v4/packages/terraform/modules/v1/pack/{name}/aws"
    wheel = _release("pypi", name, 0)[2]
    return {
        "generic": {"file": f"{project}/generic/{name}/1.0.0/{name}.tgz"},
        "PyPI": {"index": f"{project}/pypi/simple/{name}/", "file": f"{project}/pypi/files/{SHA256}/{wheel}"},
        "npm": {
            "index": f"{project}/npm/@pack%2f{name}",
            "file": f"{project}/npm/@pack/{name}/-/@pack/{name}-1.0.0.tgz",
        },
        "Maven": {
            "index": f"{project}/maven/com/pack/{name}/maven-metadata.xml",
            "file": f"{project}/maven/com/pack/{name}/1.0.0/{name}-1.0.0.jar",
        },
        "Terraform module": {"index": f"{module}/versions", "ticket": f"{module}/1.0.0/download"},
    }


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    main([int(size) for size in sys.argv[1].split(",")], int(sys.argv[2]), Path(sys.argv[3]))
