"""What a stored file is called in its answer."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from django.utils import timezone

from blobs.respond import send


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["end\n", "\n", "two\n\n", "in\nside", "a\r\nX-Header: 1", "\x00", "wörter\n"])
def test_no_name_of_a_file_ends_a_header(name: str) -> None:
    asked = RequestFactory().head("/")
    answer = send(asked, sha256="0" * 64, size=1, name=name, modified=timezone.now())
    assert answer.headers["Content-Disposition"].isprintable()
