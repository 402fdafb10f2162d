"""The one file out of a multipart body, however the body is cut into pieces on its way."""

from __future__ import annotations

import pytest

from blobs.errors import Truncated
from blobs.multipart import read_form
from blobs.store import TemporaryBlob

TYPE = "multipart/form-data; boundary=edge"
# Nearly the boundary, again and again.
TRICKY = b"\r\n--edg\r\n--\r\r\n\r\n--edgX--edge\r\n-\r\n--ed\0\xff\r" * 3
BODY = (
    b'--edge\r\nContent-Disposition: form-data; name="other"\r\n\r\nnot this\r\n'
    b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n' + TRICKY + b"\r\n--edge--\r\n"
)


@pytest.mark.one_case
@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 64, len(BODY)])
def test_any_pieces_make_the_same_file(size: int) -> None:
    pieces = [BODY[at : at + size] for at in range(0, len(BODY), size)]
    with TemporaryBlob() as upload:
        assert read_form(TYPE, pieces, upload, "file").filename == "a.zip"
        assert upload.path.read_bytes() == TRICKY


@pytest.mark.one_case
@pytest.mark.parametrize("size", [1, 7, len(BODY)])
def test_the_fields_around_the_file_are_read_in_their_order(size: int) -> None:
    fields = "".join(
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("name", "tool"), ("classifiers", "A"), ("classifiers", "é"), ("", "lost"))
    )
    body = fields.encode() + BODY
    with TemporaryBlob() as upload:
        form = read_form(TYPE, [body[at : at + size] for at in range(0, len(body), size)], upload, "file")
        assert form.fields == {"name": ["tool"], "classifiers": ["A", "é"], "other": ["not this"]}
        assert upload.path.read_bytes() == TRICKY


@pytest.mark.one_case
@pytest.mark.parametrize("missing", range(1, 12))
def test_a_body_cut_off_at_its_end_is_no_body(missing: int) -> None:
    with TemporaryBlob() as upload, pytest.raises(Truncated):
        read_form(TYPE, [BODY[: -2 - missing]], upload, "file")
