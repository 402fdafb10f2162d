"""How a log becomes lines (runner.md §3.2)."""

from __future__ import annotations

import pytest

from jobs.logs.parser import Line, Section, line_count, parse

pytestmark = pytest.mark.pure


def words(section: Section) -> list[str]:
    """The text of its own lines."""
    return ["".join(span.text for span in part.spans) for part in section.parts if isinstance(part, Line)]


def test_time_stamps_go_and_pieces_of_a_line_are_joined() -> None:
    log = (
        b"2026-11-20T09:16:26.123456Z 00O Running\n"
        b"2026-11-20T09:16:27.123456Z 01O half a \n"
        b"2026-11-20T09:16:27.223456Z 01O+line\n"
        b"2026-11-20T09:16:28.123456Z 01E error\n"
    )
    assert words(parse(log)) == ["Running", "half a line", "error"]


def test_sections_nest_and_know_their_time() -> None:
    log = (
        b"before\nsection_start:100:outer\r\x1b[0KOuter work\nin outer\n"
        b"section_start:101:inner[collapsed=true]\r\x1b[0KInner work\nin inner\nsection_end:103:inner\r\x1b[0K\n"
        b"section_end:110:outer\r\x1b[0Kafter\n"
    )
    root = parse(log)
    outer = next(part for part in root.parts if isinstance(part, Section))
    inner = next(part for part in outer.parts if isinstance(part, Section))
    assert (outer.title, outer.seconds, outer.collapsed) == ("Outer work", 10, False)
    assert (inner.title, inner.seconds, inner.collapsed) == ("Inner work", 2, True)
    assert words(root) == ["before", "after"]
    assert words(outer) == ["in outer"]
    assert line_count(root) == 4


def test_an_open_section_has_no_time_yet_and_a_lone_end_is_nothing() -> None:
    root = parse(b"section_end:5:never\r\x1b[0K\nsection_start:1:now\r\x1b[0KNow\nworking")
    section = next(part for part in root.parts if isinstance(part, Section))
    assert section.seconds is None
    assert words(section) == ["working"]


def test_colours_are_kept_and_other_sequences_dropped() -> None:
    spans = [part.spans for part in parse(b"\x1b[31;1mred\x1b[0;m plain \x1b[2K\x1b[92mgreen\nstill\x1b[0m").parts]  # type: ignore[union-attr]
    assert [(span.text, span.css) for span in spans[0]] == [("red", "r"), (" plain ", ""), ("green", "g")]
    assert [(span.text, span.css) for span in spans[1]] == [("still", "g")]


@pytest.mark.parametrize(
    ("codes", "css"),
    [
        ("38;5;9", "r"), ("38;5;208", "y"), ("38;5;196", "r"), ("38;5;46", "g"), ("38;5;21", "b"), ("38;5;244", ""),
        ("38;5;51", "b"), ("38;5;226", "y"), ("38;5;250", ""), ("38;2;220;40;40", "r"), ("38;2;10;200;20", "g"),
        ("38:5:196", "r"), ("1;38;5;34", "g"), ("48;5;31", ""), ("48;2;31;32;33", ""), ("32;48;5;31", "g"), ("38", ""),
        ("38;5", ""), ("38;5;999", ""), ("38;2;999;0", "r"),
    ],
)  # fmt: skip
def test_a_colour_of_many_is_shown_as_the_nearest_of_few(codes: str, css: str) -> None:
    line = parse(f"\x1b[{codes}mwords\x1b[0m".encode()).parts[0]
    assert isinstance(line, Line)
    assert [(span.text, span.css) for span in line.spans] == [("words", css)]


def test_a_line_knows_when_it_was_written() -> None:
    log = (
        b"2026-11-20T09:16:26.123456Z 00O Running\n"
        b"2026-11-20T09:16:27.123456Z 01O half a \n"
        b"2026-11-20T09:17:02.223456Z 01O+line\n"
    )
    lines = [part for part in parse(log).parts if isinstance(part, Line)]
    assert [line.time for line in lines] == ["09:16:26", "09:17:02"]
    assert [part.time for part in parse(b"plain").parts if isinstance(part, Line)] == [""]


def test_a_progress_bar_shows_its_last_state() -> None:
    assert words(parse(b"10%\r50%\r100%\ndone\r\n")) == ["100%", "done"]


def test_hidden_values_are_marked() -> None:
    line = parse(b"a [MASKED] b").parts[0]
    assert isinstance(line, Line)
    assert [(span.text, span.masked) for span in line.spans] == [("a ", False), ("[MASKED]", True), (" b", False)]


@pytest.mark.parametrize(
    "log", [b"", b"\n", b"\xff\xfe\0\x1b", b"section_start:1:" + b"x" * 500, b"\x1b[" + b"9" * 9000 + b"m", b"\r" * 99]
)
def test_anything_may_be_in_a_log(log: bytes) -> None:
    """Control sequences never reach the page as text."""
    parts, texts = list(parse(log).parts), []
    while parts:
        part = parts.pop()
        if isinstance(part, Line):
            texts += [span.text for span in part.spans]
        else:
            parts += part.parts
    assert "\x1b" not in "".join(texts)


def test_many_sections_deep_is_not_too_deep() -> None:
    log = b"".join(b"section_start:1:s%d\r\x1b[0K\n" % number for number in range(3000)) + b"text"
    assert line_count(parse(log)) >= 1


def test_links_and_cursor_movements_are_no_text() -> None:
    [line] = parse(b"\x1b[?25lsee \x1b]8;;https://x.example\x1b\\the report\x1b]8;;\x07\x1b[?25h\n").parts
    assert isinstance(line, Line)
    assert [span.text for span in line.spans] == ["see ", "the report"]
