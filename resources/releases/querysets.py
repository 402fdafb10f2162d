"""Questions asked of releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.utils import timezone

if TYPE_CHECKING:
    from resources.releases.models import Release


class ReleaseQuerySet(QuerySet["Release"]):
    def with_details(self) -> ReleaseQuerySet:
        """With what is shown of each at hand."""
        return self.select_related("author").prefetch_related("links", "evidences")

    def search(self, words: str, *, tags: bool) -> ReleaseQuerySet:
        """Those whose name, or tag where `tags` may be asked, holds `words`; all for no words."""
        found = Q(name__icontains=words) | (Q(tag__icontains=words) if tags else Q())
        return self.filter(found) if words else self

    def latest_released(self) -> Release | None:
        """By the day of release; what is upcoming does not count."""
        return self.filter(released_at__lte=timezone.now()).order_by("-released_at", "-id").first()
