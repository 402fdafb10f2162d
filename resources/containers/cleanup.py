"""What housekeeping does in the registry: repositories and tags that somebody wants gone (resources.md §3.5)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import re2
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from resources.containers import contents, services
from resources.containers.engine.client import EngineError
from resources.containers.engine.read_only import is_read_only
from resources.containers.engine.tokens import LIFETIME
from resources.containers.models import ContainerRepository, RepositoryStatus, Tag

log = logging.getLogger(__name__)

ONCE_IN = timedelta(hours=1)
TOKENS_END_AFTER = timedelta(seconds=LIFETIME + 60)  # the registry allows clocks to differ by a minute
LATEST = "latest"
BATCH = 20


@dataclass(frozen=True)
class Rules:
    """Tags whose whole name matches `delete` go, but for those that `keep` matches, the `keep_n` newest of them, and
    those younger than `older_than` seconds. The tag `latest` always stays."""

    delete: str
    keep: str = ""
    keep_n: int = 0
    older_than: int = 0

    def matching(self, tags: Iterable[Tag]) -> list[Tag]:
        """Those that the names alone leave to be deleted."""
        delete, keep = compile_pattern(self.delete), compile_pattern(self.keep) if self.keep else None
        return [
            tag
            for tag in tags
            if tag.name != LATEST and delete.fullmatch(tag.name) and not (keep and keep.fullmatch(tag.name))
        ]

    def choose(self, matching: Iterable[Tag], now: datetime) -> list[Tag]:
        """Of those whose manifests have been inspected."""
        newest_first = sorted(matching, key=lambda tag: (age_of(tag), tag.name), reverse=True)
        oldest = now - timedelta(seconds=self.older_than)
        return [tag for tag in newest_first[self.keep_n :] if not self.older_than or age_of(tag) < oldest]


def compile_pattern(pattern: str) -> Any:
    """Raises re2.error."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def age_of(tag: Tag) -> datetime:
    """When the image was made; of what does not say, when it was pushed."""
    return tag.manifest.image_created_at or tag.pushed_at


def find_tags(repository: ContainerRepository, rules: Rules) -> list[Tag]:
    """What the rules would delete now. Raises EngineError."""
    contents.refresh(repository)
    matching = rules.matching(repository.tags.select_related("manifest"))
    contents.inspect(repository, [tag.manifest for tag in matching])
    return rules.choose(matching, timezone.now())


def request(repository: ContainerRepository, rules: Rules) -> bool:
    """Whether it will be done: it is asked for at most once in an hour."""
    now = timezone.now()
    free = Q(cleanup_requested_at=None) | Q(cleanup_requested_at__lt=now - ONCE_IN)
    rows = ContainerRepository.objects.filter(free, pk=repository.pk)
    return rows.update(cleanup_requested_at=now, cleanup=asdict(rules)) > 0


def run_due() -> int:
    """How many repositories were deleted or cleaned up. What fails is tried again with the next pass."""
    if not settings.REGISTRY_ENABLED or is_read_only():
        return 0
    tokens_ended = timezone.now() - TOKENS_END_AFTER
    return sum(map(_run, ContainerRepository.objects.due(tokens_ended)[:BATCH]))


def _run(repository: ContainerRepository) -> bool:
    try:
        if repository.project_id is None or repository.status:
            _delete(repository)
        else:
            _clean_up(repository)
    except EngineError as error:
        log.error("Container repository %s could not be cleaned up: %s", repository, error)
        scheduled = ContainerRepository.objects.filter(pk=repository.pk, status=RepositoryStatus.DELETE_SCHEDULED)
        scheduled.update(status=RepositoryStatus.DELETE_FAILED)
        return False
    return True


def _delete(repository: ContainerRepository) -> None:
    services.delete_images(repository)
    if repository.project_id is None and repository.emptied_at is None:
        # Somebody may hold a token to push that is still good; a new project of this path must not find what they push.
        ContainerRepository.objects.filter(pk=repository.pk).update(emptied_at=timezone.now())
    else:
        repository.delete()


def _clean_up(repository: ContainerRepository) -> None:
    for tag in find_tags(repository, Rules(**(repository.cleanup or {}))):
        services.delete_tag(tag, by=None)
    ContainerRepository.objects.filter(pk=repository.pk).update(cleanup=None)
