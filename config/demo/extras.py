"""A package in the library, and a project that lets others in already."""

from __future__ import annotations

from blobs.store import Incoming
from identity.models import User
from projects.models import Project
from resources.packages.models import Kind
from resources.packages.services import store_file
from tokenaccess import services

PACKAGE = ("greeting", "1.0", "greeting.txt")


def make(world: dict[str, Project], cast: dict[str, User]) -> None:
    name, version, file_name = PACKAGE
    with Incoming(also=("md5", "sha1")) as incoming:
        incoming.write(b"Hello from the library, version 1.0\n")
        store_file(
            project=world["library"],
            kind=Kind.GENERIC,
            name=name,
            version=version,
            file_name=file_name,
            incoming=incoming,
            by=cast["maintainer"],
        )
    deployer, app = world["platform/deployer"], world["app"]
    services.admit_project(deployer, target=app, by=cast["maintainer"])
    services.admit_group(world["platform/tools/scanner"], target=deployer.group, by=cast["owner"])
