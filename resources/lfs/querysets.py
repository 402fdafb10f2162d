"""Questions asked of LFS objects and file locks."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.db.models import Count, QuerySet, Sum

if TYPE_CHECKING:
    from resources.lfs.models import FileLock, LfsObject  # noqa: F401


class LfsObjectQuerySet(QuerySet["LfsObject"]):
    def figures(self) -> tuple[int, int]:
        """How many, and their bytes."""
        found = self.order_by().aggregate(count=Count("pk"), bytes=Sum("size"))
        return found["count"], found["bytes"] or 0

    def with_origin(self) -> LfsObjectQuerySet:
        return self.select_related("creator", "job__project__group")


class FileLockQuerySet(QuerySet["FileLock"]):
    def at(self, path: str) -> FileLockQuerySet:
        return self.filter(path_sha256=digest_path(path))


def digest_path(path: str) -> str:
    return hashlib.sha256(path.encode(errors="surrogatepass")).hexdigest()
