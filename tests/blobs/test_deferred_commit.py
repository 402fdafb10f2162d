"""An upload counts once its answer is heard."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from django.db import transaction

from blobs import deferred_commit
from blobs.deferred_commit import DeferredBody
from blobs.models import Blob


class Upload:
    """One that has written a row in a transaction still open; `pieces` is its answer."""

    def __init__(self) -> None:
        self.undone = False
        stack = ExitStack()
        stack.enter_context(transaction.atomic())
        Blob.objects.create(sha256="0" * 64, size=1)
        self.pieces = DeferredBody(b"{}", stack, self.undo)

    def undo(self) -> None:
        self.undone = True


@pytest.fixture
def upload(db: None, monkeypatch: pytest.MonkeyPatch) -> Upload:
    monkeypatch.setattr(deferred_commit, "PAUSE_SECONDS", 0)
    return Upload()


def test_a_delivered_response_keeps_the_upload(upload: Upload):
    assert b"".join(upload.pieces).strip() == b"{}"
    upload.pieces.close()
    assert Blob.objects.exists()
    assert not upload.undone


@pytest.mark.parametrize("pieces_sent", [0, 1, deferred_commit.PADDING_BLOCKS])
def test_an_upload_is_taken_back_when_its_response_is_not_delivered(upload: Upload, pieces_sent: int):
    for _ in range(pieces_sent):
        next(upload.pieces)
    upload.pieces.close()
    assert not Blob.objects.exists()
    assert upload.undone
