"""Lines that are only counted have the numbers, and the sections, that they would have if they were parsed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.logs import line_numbers
from jobs.logs.parser import LogParser, LogParserState

pytestmark = pytest.mark.pure
STAMP = b"2026-11-20T09:16:26.123456Z 01O"
TEXTS = [
    *(b"", b"text", b"\r50%", b"\r", b"x" * 200, b"\x1b[31mred", b"2026-11-20T09", b"\xff\xfe"),
    *(b"section_start:12:one\r\x1b[0K", b"section_start:13:two[collapsed=true]\r\x1b[0KTwo", b"section_start:x"),
    *(b"section_end:14:one\r\x1b[0K", b"section_end:15:two\r\x1b[0Krest", b"section_end:16:none\r\x1b[0K"),
    b"section_start:17:one\r\x1b[0Ksection_end:18:one\r\x1b[0K",
]
pieces = st.tuples(st.sampled_from([b"", STAMP + b" ", STAMP + b"+"]), st.sampled_from(TEXTS)).map(b"".join)
logs = st.tuples(st.lists(pieces, max_size=25), st.sampled_from([b"", b"\n"])).map(
    lambda log: b"\n".join(log[0]) + log[1]
)


def parse(data: bytes) -> LogParserState:
    log_parser = LogParser()
    text = data.decode(errors="replace").removesuffix("\n")
    log_parser.feed((0, line) for line in (text.split("\n") if data else ()))
    return log_parser.state._replace(css="")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(logs, st.integers(40, 300))
def test_counting_agrees_with_parsing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: bytes, block: int) -> None:
    monkeypatch.setattr(line_numbers, "BLOCK", block)
    path = tmp_path / "log"
    path.write_bytes(log)
    found = list(line_numbers.positions(path, len(log)))
    for position in found:
        assert position.state == parse(log[: position.offset])
    assert found[-1].offset == len(log)


@given(logs, st.data())
def test_a_line_begins_after_the_end_of_the_one_before(log: bytes, data: st.DataObject) -> None:
    if not log:
        return
    at = data.draw(st.integers(0, len(log) - 1))
    start, end = line_numbers.line_start(log, at), line_numbers.line_end(log, at)
    assert start <= at < end
    assert end == len(log) or line_numbers.line_start(log, end) == end
    assert parse(log[:end]).number - parse(log[:start]).number <= 1


def test_the_middle_of_a_very_long_line_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_numbers, "BLOCK", 1_000)
    monkeypatch.setattr(line_numbers, "MAX_LINE", 5_000)
    path = tmp_path / "log"
    path.write_bytes(b"one\n" + b"x" * 50_000 + b"\nthree\n" + (STAMP + b"+piece\n") * 1_000 + b"four")
    *_, last = line_numbers.positions(path, path.stat().st_size)
    assert (last.offset, last.state.number) == (path.stat().st_size, 4)
