"""What is in a repository, read from the registry itself: its tags, and what only the images know of themselves.

Events say more (who pushed), yet they come a moment later, and are lost if the registry is killed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from resources.containers.engine.client import INDEXES, Document, Engine
from resources.containers.events import store_push
from resources.containers.models import ContainerRepository, Manifest, Tag

_IMAGE_CONFIGS = frozenset(
    {"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"}
)
_PLATFORM = re.compile(r"[A-Za-z0-9._-]{1,30}")
MAX_INSPECTIONS = 20  # of images that a page shows for the first time


def refresh(repository: ContainerRepository) -> None:
    """The tags are those of the registry afterwards. Raises EngineError."""
    engine = Engine(repository.path)
    there, known = set(engine.tags()), dict(repository.tags.values_list("name", "pk"))
    Tag.objects.filter(pk__in=[pk for name, pk in known.items() if name not in there]).delete()
    for name in sorted(there - known.keys()):
        _store(repository, name, engine.manifest(name))


def read_tag(repository: ContainerRepository, name: str) -> Tag | None:
    """As it is in the registry now, inspected. Raises EngineError."""
    document = Engine(repository.path).manifest(name)
    if document is None:
        repository.tags.filter(name=name).delete()
        return None
    tag = repository.tags.with_origin().filter(name=name).first()
    if tag is None or tag.manifest.digest != document.digest:
        _store(repository, name, document)
        tag = repository.tags.with_origin().filter(name=name).first()
    if tag is not None:
        inspect(repository, [tag.manifest])
    return tag


def _store(repository: ContainerRepository, name: str, document: Document | None) -> None:
    if document is None:
        return
    content = document.content
    named = _list(content, "manifests")
    if document.media_type not in INDEXES:
        named = [content.get("config"), *_list(content, "layers")]
    target = {
        "mediaType": document.media_type,
        "digest": document.digest,
        "size": document.size,
        "tag": name,
        "references": [one for one in named if _is_descriptor(one)],
    }
    store_push(repository, target, "", timezone.now())


def _list(content: dict[str, Any], name: str) -> list[Any]:
    found = content.get(name)
    return found if isinstance(found, list) else []


def _is_descriptor(one: Any) -> bool:
    """The registry has checked it, though not as strictly as one would like: it takes names in any case."""
    return isinstance(one, dict) and isinstance(one.get("digest"), str) and type(one.get("size")) is int


def inspect(repository: ContainerRepository, manifests: list[Manifest]) -> None:
    """Fills in what only the images themselves say. Raises EngineError."""
    engine = Engine(repository.path)
    for manifest in (manifest for manifest in manifests if not manifest.inspected):
        if manifest.media_type in INDEXES:
            _inspect_index(engine, manifest)
        elif _config_type(manifest) in _IMAGE_CONFIGS:
            _inspect_image(engine, manifest)
        manifest.inspected = True
        manifest.save(update_fields=["inspected", "references", "platform", "image_created_at"])


def _config_type(manifest: Manifest) -> str:
    return next((one["media_type"] for one in manifest.references if one["digest"] == manifest.config_digest), "")


def _inspect_index(engine: Engine, manifest: Manifest) -> None:
    document = engine.manifest(manifest.digest)
    named = filter(_is_descriptor, _list(document.content, "manifests") if document else [])
    platforms = {one["digest"]: _platform(one.get("platform")) for one in named}
    for one in manifest.references:
        one["platform"] = platforms.get(one["digest"], "")


def _inspect_image(engine: Engine, manifest: Manifest) -> None:
    config = engine.json_blob(manifest.config_digest)
    manifest.platform = _platform(config)
    manifest.image_created_at = _moment(config.get("created"))


def _platform(given: Any) -> str:
    """`linux/arm64/v8`; "" for what is no platform, as of attestations."""
    if not isinstance(given, dict):
        return ""
    words = [given.get("os"), given.get("architecture"), given.get("variant")]
    parts = [word for word in words if isinstance(word, str) and _PLATFORM.fullmatch(word)]
    return "" if len(parts) < 2 or "unknown" in parts else "/".join(parts)


def _moment(text: Any) -> datetime | None:
    try:
        at = parse_datetime(text) if isinstance(text, str) else None
        return None if at is None else (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
