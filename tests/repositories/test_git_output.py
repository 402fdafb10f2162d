"""The end of a push, after which nobody listens any more, comes after the sentences for the pusher."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.repositories.responses import GitOutput

pytestmark = pytest.mark.pure


class Run:
    def wait_failed(self) -> bool:
        return False

    def close(self) -> None:
        pass


def output(blocks: list[bytes], sentences: list[str], *, side_band: bool = True) -> bytes:
    run: Any = Run()
    return b"".join(GitOutput(run, iter(blocks), lambda: sentences, lambda: side_band))


def cut(data: bytes, places: list[int]) -> Iterator[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    for start, end in zip([0, *ends], ends, strict=False):
        yield data[start:end]


@given(st.lists(st.integers(0, 40), max_size=8))
def test_sentences_stand_before_the_last_packet_however_git_cuts_its_answer(places: list[int]) -> None:
    said = b"0018\x01000eunpack ok\n0000" + b"0000"
    assert output(list(cut(said, places)), ["Hello."]) == said[:-4] + b"0014\x02GitLab: Hello.\n" + b"0000"


def test_a_client_without_a_side_band_and_a_broken_answer_stay_as_they_are() -> None:
    assert output([b"000eunpack ok\n0000"], ["Hello."], side_band=False) == b"000eunpack ok\n0000"
    assert output([b"000eunpack"], ["Hello."]) == b"000eunpack"
    assert output([], ["Hello."]) == b""


def test_what_fails_afterwards_fails_no_push(caplog: pytest.LogCaptureFixture) -> None:
    def after() -> list[str]:
        raise RuntimeError("no")

    run: Any = Run()
    assert b"".join(GitOutput(run, iter([b"0000"]), after, lambda: True)) == b"0000"
    assert "What follows a push failed" in caplog.text
