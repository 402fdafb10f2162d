"""The README's table of settings is whole."""

from __future__ import annotations

import re

import pytest

from tests.support.server import ROOT

pytestmark = pytest.mark.pure


def test_the_table_names_every_variable_that_the_settings_read_and_no_other() -> None:
    settings = [ROOT / "config" / "settings.py", *(ROOT / "config" / "parts").glob("*.py")]
    read = {name for path in settings for name in re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', path.read_text())}
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert read == table
