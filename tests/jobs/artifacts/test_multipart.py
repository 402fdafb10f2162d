"""The one file out of a multipart body, however the body is cut into pieces on its way."""

from __future__ import annotations

import pytest

from blobs.store import Incoming
from jobs.runner_api import multipart

TYPE = "multipart/form-data; boundary=edge"
# Nearly the boundary, again and again.
TRICKY = b"\r\n--edg\r\n--\r\r\n\r\n--edgX--edge\r\n-\r\n--ed\0\xff\r" * 3
BODY = (
    b'--edge\r\nContent-Disposition: form-data; name="other"\r\n\r\nnot this\r\n'
    b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n' + TRICKY + b"\r\n--edge--\r\n"
)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 64, len(BODY)])
def test_any_pieces_make_the_same_file(size: int) -> None:
    pieces = [BODY[at : at + size] for at in range(0, len(BODY), size)]
    with Incoming() as incoming:
        assert multipart.receive(TYPE, pieces, incoming) == "a.zip"
        assert incoming.path.read_bytes() == TRICKY


@pytest.mark.parametrize("missing", range(1, 12))
def test_a_body_cut_off_at_its_end_is_no_body(missing: int) -> None:
    with Incoming() as incoming, pytest.raises(multipart.BadBody):
        multipart.receive(TYPE, [BODY[: -2 - missing]], incoming)
