"""Questions asked of Terraform states and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Max, QuerySet

if TYPE_CHECKING:
    from resources.terraform_states.models import StateVersion, TerraformState  # noqa: F401


class TerraformStateQuerySet(QuerySet["TerraformState"]):
    def with_summary(self) -> TerraformStateQuerySet:
        """`versions_count`, `changed_at` (None without a version), and who holds the lock."""
        rows = self.annotate(versions_count=Count("versions"), changed_at=Max("versions__created_at"))
        return rows.select_related("locked_by", "locking_job__project__group")


class StateVersionQuerySet(QuerySet["StateVersion"]):
    def with_origin(self) -> StateVersionQuerySet:
        return self.select_related("creator", "job__project__group")

    def newest(self) -> StateVersion | None:
        return self.order_by("-serial").first()

    def blob_ids(self) -> set[str]:
        return set(self.values_list("blob_id", flat=True))
