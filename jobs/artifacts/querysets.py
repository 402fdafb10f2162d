"""Which artifacts are stored, readable or expired."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from jobs.models.pipeline import NOT_OF_REF, Pipeline, Source
from jobs.states import State
from tokenaccess.models import InstanceSettings

if TYPE_CHECKING:
    from jobs.models import JobArtifact  # noqa: F401


class ArtifactQuerySet(QuerySet["JobArtifact"]):
    def stored(self) -> ArtifactQuerySet:
        """Artifacts whose bytes are stored."""
        return self.filter(blob__isnull=False)

    def readable(self) -> ArtifactQuerySet:
        """Stored artifacts that have not expired, or are kept as the latest of their ref (resources.md §4)."""
        return self.stored().filter(not_expired(timezone.now()))

    def with_readable(self) -> ArtifactQuerySet:
        """Annotates each artifact with `is_readable`."""
        return self.annotate(is_readable=Q(blob__isnull=False) & not_expired(timezone.now()))

    def expired(self, now: datetime) -> ArtifactQuerySet:
        """Stored artifacts that are no longer readable at `now`."""
        return self.stored().filter(expires_at__lte=now).exclude(of_latest_success())


def not_expired(now: datetime) -> Q:
    return Q(expires_at=None) | Q(expires_at__gt=now) | of_latest_success()


def of_latest_success() -> Q:
    """Matches artifacts of the newest successful pipeline of a ref and of its child pipelines.

    They outlive their expiry, if the project and the instance are set to keep them.
    """
    child = Q(job__pipeline__source=Source.PARENT)
    parents = "job__pipeline__started_by_job__pipeline__"
    newest = (~child & _newest("job__pipeline__")) | (child & _newest(parents))
    off_for_instance = Exists(InstanceSettings.objects.filter(keep_latest_artifact=False))
    return Q(job__project__keep_latest_artifact=True) & ~Q(off_for_instance) & newest


def _newest(prefix: str) -> Q:
    newer = Pipeline.objects.filter(
        project=OuterRef(f"{prefix}project"),
        ref=OuterRef(f"{prefix}ref"),
        tag=OuterRef(f"{prefix}tag"),
        status=State.SUCCESS,
        pk__gt=OuterRef(f"{prefix}pk"),
    ).exclude(source__in=NOT_OF_REF)
    return Q(**{f"{prefix}status": State.SUCCESS}) & ~Q(Exists(newer))
