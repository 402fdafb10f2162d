"""How clients are told that they asked too often: GitLab's headers, in every protocol."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`limit` requests of the kind `name`; after `wait` seconds there is room again."""

    name: str
    limit: int
    wait: int

    @property
    def headers(self) -> dict[str, str]:
        """Of the answer 429. `RateLimit-Reset`: seconds since 1970; `RateLimit-ResetTime`: what gitlab-runner reads."""
        free_at = datetime.now(UTC) + timedelta(seconds=self.wait)
        return {
            "RateLimit-Name": self.name,
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Observed": str(self.limit + 1),
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": str(int(free_at.timestamp())),
            "RateLimit-ResetTime": format_datetime(free_at, usegmt=True),
            "Retry-After": str(self.wait),
        }
