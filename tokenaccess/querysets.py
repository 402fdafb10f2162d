"""Questions asked of allowlists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.db.models.functions import Lower

if TYPE_CHECKING:
    from tokenaccess.models import AllowlistEntry  # noqa: F401
    from tokenaccess.reference import Reference


class AllowlistQuerySet(QuerySet["AllowlistEntry"]):
    def inbound(self) -> AllowlistQuerySet:
        return self.filter(direction="inbound")

    def outbound(self) -> AllowlistQuerySet:
        return self.filter(direction="outbound")

    def projects(self) -> AllowlistQuerySet:
        return self.exclude(target_project=None)

    def groups(self) -> AllowlistQuerySet:
        return self.exclude(target_group=None)

    def naming(self, kind: str, reference: Reference) -> AllowlistQuerySet:
        """Those whose target (`kind`: project or group) has that number or path; a project going away is none."""
        target = f"target_{kind}"
        rows = self.exclude(target_project__pending_deletion=True) if kind == "project" else self
        if reference.id is not None:
            return rows.filter(**{target: reference.id})
        path = (reference.path or "").lower()
        return rows.alias(lower_path=Lower(f"{target}__full_path")).filter(lower_path=path)
