"""Questions asked of allowlists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import QuerySet

if TYPE_CHECKING:
    from tokenaccess.models import AllowlistEntry  # noqa: F401


class AllowlistQuerySet(QuerySet["AllowlistEntry"]):
    def inbound(self) -> AllowlistQuerySet:
        return self.filter(direction="inbound")

    def outbound(self) -> AllowlistQuerySet:
        return self.filter(direction="outbound")

    def projects(self) -> AllowlistQuerySet:
        return self.exclude(target_project=None)

    def groups(self) -> AllowlistQuerySet:
        return self.exclude(target_group=None)
