"""The duration of jobs and pipelines."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone


class Timed:
    """A model that starts and ends."""

    started_at: datetime | None
    finished_at: datetime | None

    @property
    def duration(self) -> float | None:
        """Seconds from start to end, or until now; None before the start. A pipeline starts with its first job."""
        if self.started_at is None:
            return None
        return ((self.finished_at or timezone.now()) - self.started_at).total_seconds()
