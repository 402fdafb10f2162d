"""Questions asked of artifacts: which are still there, and for whom time has not run out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from jobs import hooks
from jobs.models.pipeline import Pipeline, Source
from jobs.states import State

if TYPE_CHECKING:
    from jobs.models import JobArtifact  # noqa: F401


class ArtifactQuerySet(QuerySet["JobArtifact"]):
    def stored(self) -> ArtifactQuerySet:
        """Whose bytes are still there."""
        return self.filter(blob__isnull=False)

    def readable(self) -> ArtifactQuerySet:
        """For readers: stored, and not past its time unless it is of its ref's latest success (resources.md §4)."""
        return self.stored().filter(in_time(timezone.now()))

    def with_readable(self) -> ArtifactQuerySet:
        """Each with `is_readable`."""
        return self.annotate(is_readable=Q(blob__isnull=False) & in_time(timezone.now()))

    def expired(self, now: datetime) -> ArtifactQuerySet:
        """Stored for nobody any longer."""
        return self.stored().filter(expires_at__lte=now).exclude(of_latest_success())


def in_time(now: datetime) -> Q:
    return Q(expires_at=None) | Q(expires_at__gt=now) | of_latest_success()


def of_latest_success() -> Q:
    """Artifacts of the newest successful pipeline of a ref, and of its child pipelines, are kept past their time, where
    the project and the instance keep them."""
    child = Q(job__pipeline__source=Source.PARENT)
    parents = "job__pipeline__started_by_job__pipeline__"
    newest = (~child & _newest("job__pipeline__")) | (child & _newest(parents))
    return Q(job__project__keep_latest_artifact=True) & hooks.instance_keeps_latest() & newest


def _newest(prefix: str) -> Q:
    newer = Pipeline.objects.filter(
        project=OuterRef(f"{prefix}project"),
        ref=OuterRef(f"{prefix}ref"),
        tag=OuterRef(f"{prefix}tag"),
        status=State.SUCCESS,
        pk__gt=OuterRef(f"{prefix}pk"),
    ).exclude(source=Source.PARENT)
    return Q(**{f"{prefix}status": State.SUCCESS}) & ~Q(Exists(newer))
