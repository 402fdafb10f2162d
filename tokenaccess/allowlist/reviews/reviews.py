"""Access reviews as one person may read them, and when the next one is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

from django.db.models import Min

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist.find_entry import entries_of
from tokenaccess.allowlist.reviews.fading import with_last_use_of
from tokenaccess.allowlist.services.reviews import undecided_entries
from tokenaccess.allowlist.targets import visible_targets
from tokenaccess.models import AccessReview, InstanceSettings, ReviewedEntry

HIDDEN = ""
# Of a report, named as in the API.
EXPORT_FIELDS = (
    "entry_id", "direction", "kind", "target_path", "default_permissions", "permissions", "reason", "expires_at",
    "decision", "note", "reviewer", "reviewed_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One decision. `path` is "" for a target that the reader may not see, or that is gone."""

    said: ReviewedEntry
    path: str

    @property
    def kind(self) -> str:
        return self.said.target_kind

    @property
    def url(self) -> str:
        return f"/{self.path}" if self.path else ""


def review_lines(review: AccessReview, reader: User, *, latest: int | None = None) -> list[ReviewLine]:
    """The first decision first; with `latest` so many of the last ones, the last first. Three statements at most."""
    rows = review.decisions.order_by("id" if latest is None else "-id")
    decisions = list(rows if latest is None else rows[:latest])
    seen = visible_targets([(said.target_kind, said.target_id) for said in decisions], reader)
    return [
        ReviewLine(said, said.target_path if (said.target_kind, said.target_id) in seen else HIDDEN)
        for said in decisions
    ]


def entries_to_review(review: AccessReview) -> Any:
    """Those without a decision, the oldest first; each with when it was last used (fading.with_last_use_of)."""
    rows = undecided_entries(review).select_related("target_project", "target_group", "owner", "added_by")
    order = ("id",) if isinstance(review.holder, Group) else ("direction", "id")
    return with_last_use_of(rows).order_by(*order)


def due_on(holder: Project | Group) -> date | None:
    """The day on which the next review is due; None where the instance asks for none, or there are no entries."""
    days = InstanceSettings.current().access_review_days
    if not days:
        return None
    signed = AccessReview.objects.filter(signed_off_at__isnull=False, **{str(holder.kind): holder})
    last = signed.values_list("signed_off_at", flat=True).first()
    start = entries_of(holder).aggregate(first=Min("created_at"))["first"]
    if start is None:
        return None
    return ((last or start) + timedelta(days=days)).date()


def export_rows(lines: Iterable[ReviewLine]) -> list[dict[str, Any]]:
    """Named as in the API."""
    return [
        {
            "entry_id": line.said.entry_id,
            "direction": line.said.direction,
            "kind": line.said.target_kind,
            "target_path": line.path or None,
            "default_permissions": line.said.default_permissions,
            "permissions": line.said.permissions,
            "reason": line.said.reason,
            "expires_at": line.said.expires_at.isoformat() if line.said.expires_at else None,
            "decision": line.said.decision,
            "note": line.said.note,
            "reviewer": line.said.reviewer_name,
            "reviewed_at": line.said.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        for line in lines
    ]
