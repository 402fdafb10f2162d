"""Questions asked of stored files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet

if TYPE_CHECKING:
    from blobs.models import Blob  # noqa: F401


class BlobQuerySet(QuerySet["Blob"]):
    def unreferenced(self) -> BlobQuerySet:
        """Those that no row of any kind refers to."""
        used = Q()
        for relation in self.model._meta.related_objects:
            rows = relation.related_model._default_manager.all()
            used |= Q(Exists(rows.filter(**{relation.field.name: OuterRef("pk")})))
        return self.exclude(used) if used else self.all()
