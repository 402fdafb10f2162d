"""The secrets that are made on first use."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import secret
from tests.support.at_once import at_once

pytestmark = pytest.mark.pure
NAME = "A_SECRET_THAT_NOBODY_SET"


def test_first_starts_at_the_same_moment_find_the_same_secret(tmp_path: Path) -> None:
    for number in range(30):
        path = tmp_path / str(number)
        given, failed = at_once(*[lambda path=path: secret(NAME, path) for _ in range(8)])
        assert not failed
        assert set(given) == {path.read_text()}
        assert path.stat().st_mode & 0o077 == 0
    assert len({path.read_text() for path in tmp_path.iterdir()}) == 30


def test_a_file_without_a_secret_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    path.write_text("")
    with pytest.raises(ImproperlyConfigured, match="holds no usable secret"):
        secret(NAME, path)
    assert path.read_text() == ""
