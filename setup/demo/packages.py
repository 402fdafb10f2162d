"""A package in the library, and a project that lets others in already."""

from __future__ import annotations

from blobs.store import TemporaryBlob
from identity.models import User
from projects.models import Project
from resources.packages.services import FileKey, store_file
from tokenaccess.allowlist import services

PACKAGE = ("greeting", "1.0", "greeting.txt")


def create_packages(world: dict[str, Project], cast: dict[str, User]) -> None:
    with TemporaryBlob(extra_digests=("md5", "sha1")) as incoming:
        incoming.write(b"Hello from the library, version 1.0\n")
        store_file(world["library"], FileKey("generic", *PACKAGE), incoming, by=cast["maintainer"])
    deployer, app = world["platform/deployer"], world["app"]
    services.add_entry(deployer, app, by=cast["maintainer"])
    services.add_entry(world["platform/tools/scanner"], deployer.group, by=cast["owner"])
