"""What the registry reports: images that were pushed, tags and images that were deleted (resources.md §3.4)."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from identity.models import User
from jobs.models import Job
from resources.containers.engine.client import INDEXES, MANIFESTS
from resources.containers.engine.tokens import PORTAL
from resources.containers.models import ContainerRepository, Manifest, Tag
from resources.containers.names import is_digest, is_tag
from text.numbers import parse_number

log = logging.getLogger(__name__)

MAX_REFERENCES = 1000
_MEDIA_TYPE = re.compile(r"[\w.+/-]{1,255}", re.ASCII)


def store(events: Any) -> None:
    """All that can be understood; the rest is logged. The registry would repeat for ever what is refused."""
    for event in events if isinstance(events, list) else []:
        try:
            _store(event)
        except (AttributeError, KeyError, TypeError, ValueError):
            log.warning("An event of the container registry could not be read.", exc_info=True)


def _store(event: Mapping[str, Any]) -> None:
    target, actor = event["target"], str((event.get("actor") or {}).get("name", ""))
    if actor == PORTAL:  # what this server does there it has noted itself
        return
    repository = ContainerRepository.objects.filter(path=target["repository"], project__isnull=False).first()
    if repository is None:
        return
    at = datetime.fromisoformat(event["timestamp"])
    match event["action"]:
        case "push":
            store_push(repository, target, actor, at)
        case "delete":
            _store_deletion(repository, target, at)


@transaction.atomic
def store_push(repository: ContainerRepository, target: Mapping[str, Any], actor: str, at: datetime) -> None:
    """`target`: a descriptor of the manifest with its `references`, and its `tag` unless it came by digest alone."""
    media_type, digest, name = target["mediaType"], target["digest"], target.get("tag", "")
    if media_type not in MANIFESTS or not is_digest(digest):
        return
    references = [_reference(one) for one in (target.get("references") or [])[:MAX_REFERENCES]]
    manifest, _made = Manifest.objects.get_or_create(
        repository=repository,
        digest=digest,
        defaults={
            "media_type": media_type,
            "size": int(target["size"]),
            "references": references,
            # The registry names what an image consists of in this order.
            "config_digest": references[0]["digest"] if references and media_type not in INDEXES else "",
        },
    )
    if not is_tag(name):
        return
    origin = _origin(actor)
    tag, made = Tag.objects.get_or_create(
        repository=repository, name=name, defaults={"manifest": manifest, "pushed_at": at, **origin}
    )
    if not made and (tag.pushed_at <= at or tag.manifest_id == manifest.pk):
        Tag.objects.filter(pk=tag.pk).update(manifest=manifest, pushed_at=at, **origin)


def _reference(descriptor: Mapping[str, Any]) -> dict[str, Any]:
    """Whoever pushes writes these: what is not as it should be is left out."""
    media_type = str(descriptor.get("mediaType", ""))
    return {
        "digest": descriptor["digest"] if is_digest(descriptor["digest"]) else "",
        "size": max(int(descriptor["size"]), 0),
        "media_type": media_type if _MEDIA_TYPE.fullmatch(media_type) else "",
    }


def _origin(actor: str) -> dict[str, Any]:
    """The job with its person, or the person; as `grants.subject_of` names them."""
    kind, _, number = actor.partition("/")
    key = parse_number(number) or 0
    if kind == "job":
        job = Job.objects.filter(pk=key).only("user_id").first()
        return {"job_id": job and job.pk, "pusher_id": job and job.user_id}
    return {"job_id": None, "pusher": User.objects.filter(pk=key).first() if kind == "user" else None}


def _store_deletion(repository: ContainerRepository, target: Mapping[str, Any], at: datetime) -> None:
    """Of a manifest, by its digest, or of a tag. What was pushed again since then stays."""
    if target.get("tag"):
        Tag.objects.filter(repository=repository, name=target["tag"], pushed_at__lte=at).delete()
    elif target.get("digest"):
        tags = Tag.objects.filter(repository=repository, manifest__digest=target["digest"])
        tags.filter(pushed_at__lte=at).delete()
        Manifest.objects.filter(repository=repository, digest=target["digest"], tags=None).delete()
