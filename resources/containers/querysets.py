"""Questions asked of repositories and tags."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Count, Q, QuerySet

from projects.models import Project
from projects.querysets import filter_only_visible
from tokenaccess.policy import Action

if TYPE_CHECKING:
    from identity.models import User
    from resources.containers.models import ContainerRepository, Tag  # noqa: F401


class ContainerRepositoryQuerySet(QuerySet["ContainerRepository"]):
    def readable_by(self, user: User | None, extra: Q | None = None) -> ContainerRepositoryQuerySet:
        """In projects where `user` (None: a visitor) may see them. `extra` is asked of those and of nothing else."""
        readable = Q(project__in=Project.objects.alive().with_readable(Action.READ_IMAGES, user))
        return self.filter(filter_only_visible(readable, extra) if extra else readable)

    def with_tags(self, *, names: bool, count: bool) -> ContainerRepositoryQuerySet:
        """What a list is asked to show of them; `tags_count`."""
        rows = self.prefetch_related("tags__repository") if names else self
        return rows.annotate(tags_count=Count("tags")) if names or count else rows

    def due(self, emptied_before: datetime) -> ContainerRepositoryQuerySet:
        """Where something is left to do: a deletion, or a clean-up. Of deleted projects what was not emptied yet, or
        for the first time before that moment."""
        orphans = Q(project=None) & (Q(emptied_at=None) | Q(emptied_at__lt=emptied_before))
        return self.filter(orphans | Q(project__isnull=False) & (~Q(status="") | Q(cleanup__isnull=False)))


class TagQuerySet(QuerySet["Tag"]):
    def with_origin(self) -> TagQuerySet:
        """With what is shown of each at hand."""
        return self.select_related("manifest", "pusher", "job__pipeline", "job__project__group")
