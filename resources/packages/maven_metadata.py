"""The list of versions in a Maven repository, written anew when one of them is deleted (resources.md §2.4).

Otherwise the client writes it, with each version that it deploys.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from django.utils import timezone

from blobs.store import TemporaryBlob
from identity.models import User
from projects.models import Project
from resources.packages import services
from resources.packages.models import Package

KIND = "maven"
FILE_NAME = "maven-metadata.xml"
DIGESTS = ("md5", "sha1", "sha512")


def rewrite_metadata(project: Project, name: str, by: User | None) -> None:
    """Of the artifact `name`, like `com/acme/app`; nothing where no client ever wrote one. Outside any transaction."""
    packages = Package.objects.filter(project=project, kind=KIND, name=name)
    known = packages.filter(version="").first()
    if known is None:
        return
    versions = list(packages.versioned().order_by("pk").values_list("version", flat=True))
    if not versions:
        services.delete_package(known, by=by)
        return
    with TemporaryBlob(extra_digests=DIGESTS) as upload:
        upload.write(_as_xml(name, versions))
        services.store_file(project, services.FileKey(KIND, name, "", FILE_NAME), upload, by=by)


def _as_xml(name: str, versions: Sequence[str]) -> bytes:
    """`versions`: in the order in which they came."""
    group, _, artifact = name.rpartition("/")
    root = Element("metadata")
    SubElement(root, "groupId").text = group.replace("/", ".")
    SubElement(root, "artifactId").text = artifact
    versioning = SubElement(root, "versioning")
    SubElement(versioning, "latest").text = versions[-1]
    releases = [version for version in versions if not version.endswith("-SNAPSHOT")]
    if releases:
        SubElement(versioning, "release").text = releases[-1]
    listed = SubElement(versioning, "versions")
    for version in versions:
        SubElement(listed, "version").text = version
    SubElement(versioning, "lastUpdated").text = f"{timezone.now():%Y%m%d%H%M%S}"
    return tostring(root, "utf-8", xml_declaration=True)
