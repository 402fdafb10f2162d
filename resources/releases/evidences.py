"""Evidence of a release: what it said when it was created, or when somebody asked for it (resources.md §7)."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from django.db import transaction

from resources.releases.models import Evidence, Release

MAX_EVIDENCES = 100


class TooManyEvidences(Exception):
    """A release has at most MAX_EVIDENCES."""


@transaction.atomic
def collect_evidence(release: Release) -> Evidence:
    """Raises TooManyEvidences."""
    Release.objects.select_for_update().filter(pk=release.pk).first()
    if release.evidences.count() >= MAX_EVIDENCES:
        raise TooManyEvidences
    document = orjson.dumps(_content(release), option=orjson.OPT_SORT_KEYS)
    return Evidence.objects.create(
        release=release, document=document.decode(), sha256=hashlib.sha256(document).hexdigest()
    )


def _content(release: Release) -> dict[str, Any]:
    project = release.project
    of_project = {"id": project.pk, "name": project.name, "description": project.description}
    links = [{"name": link.name, "url": link.url} for link in release.links.order_by("id")]
    return {
        "release": {
            "id": release.pk,
            "tag_name": release.tag,
            "sha": release.sha,
            "name": release.name,
            "description": release.description,
            "created_at": release.created_at,
            "released_at": release.released_at,
            "project": of_project | {"created_at": project.created_at},
            "milestones": [],
            "links": links,
        }
    }
