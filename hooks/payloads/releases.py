"""Releases that are created, changed and deleted."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from hooks.payloads.parts import address, commit_part, project_part, stamp
from projects.repository import NoSuchRef, Repository
from projects.repository.archives import KINDS, archive_addresses
from resources.releases.models import Release


def release_payload(release: Release, action: str) -> dict[str, Any]:
    """`action`: `create`, `update` or `delete`."""
    project = release.project
    links = [] if release.pk is None else list(release.links.all())
    archives = archive_addresses(project.full_path, release.tag)
    sources = [{"format": kind, "url": address(path.lstrip("/"))} for kind, path in archives]
    return {
        "id": release.pk,
        "created_at": stamp(release.created_at),
        "description": release.description,
        "name": release.name,
        "released_at": stamp(release.released_at),
        "tag": release.tag,
        "object_kind": "release",
        "project": project_part(project),
        "url": address(f"{project.full_path}/-/releases/{quote(release.tag)}"),
        "action": action,
        "assets": {
            "count": len(KINDS) + len(links),
            "links": [
                {"id": link.pk, "link_type": link.link_type, "name": link.name, "url": link.url} for link in links
            ],
            "sources": sources,
        },
        "commit": _commit(release),
    }


def _commit(release: Release) -> dict[str, Any] | None:
    try:
        return commit_part(release.project, Repository(release.project.repository_path).commit(release.sha))
    except NoSuchRef:
        return None
