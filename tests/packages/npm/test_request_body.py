"""The document of `npm publish` as a stream, however it is cut into blocks."""

from __future__ import annotations

import base64
import json
from time import process_time
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blobs.errors import InvalidBody, TooLarge
from blobs.receive import BLOCK
from resources.packages.formats.npm import request_body
from resources.packages.formats.npm.request_body import read_document

pytestmark = pytest.mark.pure


class Upload:
    """In the place of a temporary blob."""

    def __init__(self) -> None:
        self.content = b""

    def write(self, block: bytes) -> None:
        self.content += block


def read(text: bytes, size: int) -> tuple[Any, bytes]:
    upload: Any = Upload()
    blocks = (text[start : start + size] for start in range(0, len(text), size))
    return read_document(blocks, upload), upload.content


TEXTS = st.text(alphabet=st.sampled_from('ab"\\{}[]:,/é\n'), max_size=8)
KEYS = TEXTS | st.sampled_from(["data", "_attachments"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4), st.binary(max_size=40), st.integers(1, 30), st.booleans())
def test_the_archive_is_taken_out_and_the_rest_stays(rest: Any, data: bytes, size: int, first: bool):
    archive = {"_attachments": {'x"{': {"n": 1, "data": base64.b64encode(data).decode(), "length": len(data)}}}
    document = archive | rest if first else rest | archive
    text = json.dumps(document, ensure_ascii=False).encode()
    found, content = read(text, size)
    assert content == data
    document["_attachments"]['x"{']["data"] = ""
    assert found == document


def test_data_elsewhere_is_no_archive():
    document = {"data": "QQ==", "_attachments": {"data": "QQ==", "x": ["data", "QQ=="]}, "x": {"y": {"data": "QQ=="}}}
    assert read(json.dumps(document).encode(), 7) == (document, b"")


def test_the_rest_has_a_limit_and_the_archive_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(request_body, "MAX_DOCUMENT", 100)
    archive = base64.b64encode(b"x" * 1000).decode()
    found, content = read(json.dumps({"_attachments": {"x": {"data": archive}}}).encode(), 64)
    assert (len(content), found["_attachments"]["x"]["data"]) == (1000, "")
    with pytest.raises(TooLarge):
        read(json.dumps({"readme": "x" * 100}).encode(), 64)


def test_the_deepest_document_that_is_read_can_be_written_again():
    deep = b"[" * (request_body.MAX_DEPTH - 1) + b"]" * (request_body.MAX_DEPTH - 1)
    found, _ = read(b'{"a": ' + deep + b"}", 64)
    assert orjson.dumps(found) == b'{"a":' + deep + b"}"
    with pytest.raises(InvalidBody, match="nested too deeply"):
        read(b'{"a": [' + deep + b"]}", 64)


@pytest.mark.parametrize(
    ("values", "is_read"),
    [(b"1,", True), (b'"",', False), (b"{},", False), (b'"' + rb"\\" * 50_000 + b'",', True)],
    ids=["numbers", "strings", "objects", "escapes"],
)
def test_a_document_of_very_many_values_takes_little_time(values: bytes, is_read: bool):
    text = b'{"a": [' + values * (15_000_000 // len(values)) + b"1]}"
    before = process_time()
    if is_read:
        assert len(read(text, BLOCK)[0]["a"]) > 10
    else:
        with pytest.raises(InvalidBody, match="too many values"):
            read(text, BLOCK)
    assert process_time() - before < 5  # seconds; ten times as much with a step for each
