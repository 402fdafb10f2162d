"""What jobs and pipelines tell of their time."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone


class Timed:
    """Something that starts and ends."""

    started_at: datetime | None
    finished_at: datetime | None

    @property
    def duration(self) -> float | None:
        """Seconds from the start to the end, or until now. A pipeline starts with its first job."""
        if self.started_at is None:
            return None
        return ((self.finished_at or timezone.now()) - self.started_at).total_seconds()
