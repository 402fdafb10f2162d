"""CSV that opens in a spreadsheet."""

from __future__ import annotations

import pytest

from text.spreadsheets import csv_lines


@pytest.mark.one_case
@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    (line,) = csv_lines([[cell]])
    assert line.strip("\r\n").strip('"').startswith("'")


def test_a_list_is_one_cell_and_nothing_an_empty_one() -> None:
    assert "".join(csv_lines([["a/b", 3, None, ["read", "write"]]])) == "a/b,3,,read write\n"
