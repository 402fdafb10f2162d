"""Changes to npm packages after they are published: dist-tags, deprecation, unpublishing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from identity.models import User
from projects.models import Project
from resources.packages import services
from resources.packages.formats.npm.documents import KIND
from resources.packages.models import NpmTag, NpmVersion, Package


def versions_of(project: Project, name: str) -> Any:
    return Package.objects.filter(project=project, kind=KIND, name=name)


def store_version(package: Package, manifest: dict[str, Any], tags: Iterable[str]) -> None:
    """What is kept of a publication besides its archive."""
    NpmVersion.objects.create(package=package, manifest=manifest)
    set_tags(package, tags)


def set_tags(package: Package, tags: Iterable[str]) -> None:
    """Each of them means this version from now on."""
    for tag in tags:
        NpmTag.objects.update_or_create(
            project_id=package.project_id,
            package_name=package.name,
            name=tag,
            defaults={"package": package},
        )


def delete_tag(project: Project, name: str, tag: str) -> bool:
    """Whether there was one."""
    deleted, _ = NpmTag.objects.filter(project=project, package_name=name, name=tag).delete()
    return deleted > 0


def replace_tags(project: Project, name: str, tags: Mapping[str, str]) -> None:
    """Exactly these: tag → version."""
    NpmTag.objects.filter(project=project, package_name=name).exclude(name__in=tags).delete()
    packages = {package.version: package for package in versions_of(project, name)}
    for tag, version in tags.items():
        set_tags(packages[version], [tag])


@transaction.atomic
def deprecate(project: Project, name: str, words: Mapping[str, str]) -> None:
    """`words`: version → why it should not be used any more, "" for no longer deprecated. Others stay as they are."""
    known = NpmVersion.objects.filter(package__in=versions_of(project, name), package__version__in=words)
    for row in known.select_for_update(of=("self",)).select_related("package"):
        text = words[row.package.version]
        rest = {key: value for key, value in row.manifest.items() if key != "deprecated"}
        row.manifest = rest | ({"deprecated": text} if text else {})
        row.save(update_fields=["manifest"])


@transaction.atomic
def unpublish(project: Project, name: str, versions: Iterable[str], *, by: User | None) -> None:
    for package in versions_of(project, name).select_related("project").filter(version__in=versions):
        services.delete_package(package, by=by)
