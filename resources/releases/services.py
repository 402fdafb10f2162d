"""Changes to releases and their links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from audit import services as audit
from identity.models import User
from identity.names import require_visible
from projects.models import Project
from projects.repository import Repository, is_branch_name, looks_like_id
from projects.services import create_tag
from resources.releases.evidences import TooManyEvidences, collect_evidence
from resources.releases.links import InvalidLink, TooManyLinks, check_links, check_name
from resources.releases.models import MAX_TAG, Release, ReleaseLink


class ReleaseExists(Exception):
    """The tag has a release."""


class ImproperTag(Exception):
    """No tag can be called so."""


class NoRef(Exception):
    """There is no such tag, and nothing was said that it could be made from."""


REFUSALS = (ReleaseExists, ImproperTag, NoRef, TooManyLinks, TooManyEvidences, InvalidLink)


def create_release(
    project: Project,
    *,
    tag: str,
    by: User,
    name: str = "",
    description: str = "",
    released_at: datetime | None = None,
    links: Sequence[ReleaseLink] = (),
    ref: str = "",
    tag_message: str = "",
    job_id: int | None = None,
) -> Release:
    """With its links, and its tag when there is none: all of it, or nothing. The tag is made last.

    Raises ReleaseExists, NoRef, ImproperTag, InvalidLink, TooManyLinks; NoSuchRef for `ref`; InvalidChange when the
    tag was made meanwhile.
    """
    if Release.objects.filter(project=project, tag=tag).exists():
        raise ReleaseExists
    check_links(links)
    for link in links:
        check_name(link.name)
    _require_visible({"name": name, "description": description})
    sha, is_new = _commit_of(project, tag, ref)
    try:
        with transaction.atomic():
            release = Release(project=project, tag=tag, sha=sha, name=name or tag, description=description)
            release.released_at = released_at or release.created_at
            release.author, release.job_id = by, job_id
            release.save(force_insert=True)
            _save_links(release, links)
            _record("release_created", "created", release, by, job=job_id)
            if not release.is_historical:
                collect_evidence(release)
            if is_new:
                create_tag(project, name=tag, at=sha, message=tag_message, by=by, job_id=job_id)
    except IntegrityError:
        raise ReleaseExists from None
    return release


def _save_links(release: Release, links: Sequence[ReleaseLink]) -> None:
    for link in links:
        link.release = release
        link.save(force_insert=True)


def _commit_of(project: Project, tag: str, ref: str) -> tuple[str, bool]:
    """The commit of the tag, and whether the tag has yet to be made there."""
    repository = Repository(project.repository_path)
    found = repository.tag(tag)
    if found is not None and len(tag) <= MAX_TAG:
        return found.sha, False
    if not ref:
        raise NoRef
    if looks_like_id(tag) or not is_branch_name(tag) or len(tag) > MAX_TAG:
        raise ImproperTag
    return repository.find(ref).sha, True


@transaction.atomic
def update_release(release: Release, *, by: User, **fields: Any) -> Release:
    """`fields`: name, description, released_at. Raises ValidationError by field."""
    _require_visible({field: value for field, value in fields.items() if getattr(release, field) != value})
    for field, value in fields.items():
        setattr(release, field, value)
    release.save(update_fields=list(fields))
    _record("release_updated", "changed", release, by, fields=sorted(fields))
    return release


def _require_visible(texts: Mapping[str, Any]) -> None:
    """Raises ValidationError by field."""
    require_visible(name=texts.get("name", ""))
    require_visible(description=texts.get("description", ""), lines=True)


@transaction.atomic
def delete_release(release: Release, *, by: User) -> None:
    """The tag stays."""
    Release.objects.filter(pk=release.pk).delete()
    _record("release_deleted", "deleted", release, by)


@transaction.atomic
def create_evidence(release: Release, *, by: User) -> None:
    """Raises TooManyEvidences."""
    made = collect_evidence(release)
    _record("release_evidence_created", "put on record", release, by, sha256=made.sha256)


@transaction.atomic
def create_link(release: Release, link: ReleaseLink, *, by: User) -> ReleaseLink:
    """Raises InvalidLink, TooManyLinks."""
    others = _lock_links(release)
    check_links([link], others)
    check_name(link.name)
    link.release = release
    link.save(force_insert=True)
    _record("release_link_created", f"given the link {link}", release, by, url=link.url)
    return link


@transaction.atomic
def update_link(link: ReleaseLink, *, by: User, **fields: Any) -> None:
    """`fields`: name, url, path, link_type. Raises InvalidLink."""
    others = [other for other in _lock_links(link.release) if other.pk != link.pk]
    if fields.get("name", link.name) != link.name:
        check_name(fields["name"])
    for field, value in fields.items():
        setattr(link, field, value)
    check_links([link], others)
    link.save(update_fields=list(fields))
    _record("release_link_updated", f"changed in its link {link}", link.release, by, url=link.url)


@transaction.atomic
def delete_link(link: ReleaseLink, *, by: User) -> None:
    ReleaseLink.objects.filter(pk=link.pk).delete()
    _record("release_link_deleted", f"deprived of its link {link}", link.release, by, url=link.url)


def _lock_links(release: Release) -> list[ReleaseLink]:
    """Those it has, of which nobody adds or changes one until the transaction has ended."""
    Release.objects.select_for_update().filter(pk=release.pk).first()
    return list(release.links.all())


def _record(event: str, what: str, release: Release, by: User, **details: Any) -> None:
    project = release.project
    message = f"Release {release} was {what}"
    audit.record(event, message, by=by, on=project, path=project.full_path, release=release.tag, **details)
