"""Files of any kind, kept once by what is in them."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import models

from blobs.querysets import BlobQuerySet


class Blob(models.Model):
    """The bytes with this SHA-256. Whoever needs them refers here with `on_delete=PROTECT`; garbage collection deletes
    what nothing refers to (blobs.store)."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BlobQuerySet.as_manager()

    def __str__(self) -> str:
        return self.sha256

    @property
    def path(self) -> Path:
        return path_of(self.sha256)


def path_of(sha256: str) -> Path:
    return Path(settings.BLOBS_DIR) / relative_path(sha256)


def open_blob(sha256: str) -> BinaryIO:
    """Unbuffered; the caller closes it."""
    return open(f"{settings.BLOBS_DIR}/{relative_path(sha256)}", "rb", buffering=0)


def relative_path(sha256: str) -> str:
    """Spread over folders, so that none grows beyond what file systems like."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
