"""Where the pages of releases are; each begins with a slash."""

from __future__ import annotations

from urllib.parse import quote

from projects.models import Project
from resources.releases.models import Evidence, Release, ReleaseLink


def list_path(project: Project) -> str:
    return f"/{project.full_path}/-/releases"


def release_path(project: Project, release: Release) -> str:
    return f"{list_path(project)}/{quote(release.tag, safe='')}"


def download_path(project: Project, release: Release, link: ReleaseLink) -> str:
    """Of a link that has a path."""
    return f"{release_path(project, release)}/downloads{link.path}"


def evidence_path(project: Project, release: Release, evidence: Evidence) -> str:
    return f"{release_path(project, release)}/evidences/{evidence.pk}.json"
