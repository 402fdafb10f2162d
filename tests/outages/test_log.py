"""What the log says of an outage."""

from __future__ import annotations

import errno
import io
import logging
from collections.abc import Iterator

import pytest

from outages import log as outage_log
from outages.log import OncePerOutage

pytestmark = pytest.mark.pure
FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def log_stream() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    handler.addFilter(OncePerOutage())
    logger = logging.getLogger("of this test")
    logger.addHandler(handler)
    logger.propagate = False
    yield stream
    logger.removeHandler(handler)


def fail(error: Exception, times: int = 1) -> None:
    for _ in range(times):
        logging.getLogger("of this test").warning("It failed", exc_info=error)


def test_an_outage_is_said_once_in_one_line(log_stream: io.StringIO):
    fail(FULL, times=100)
    assert log_stream.getvalue() == (
        "ERROR The server's disk is full ([Errno 28] No space left on device). "
        "What needs it is answered 507 Insufficient Storage; this is said once for all of it.\n"
    )


def test_the_next_outage_is_said_again(log_stream: io.StringIO, monkeypatch: pytest.MonkeyPatch):
    fail(FULL)
    monkeypatch.setattr(outage_log, "OVER_AFTER", 0.0)
    fail(FULL)
    assert log_stream.getvalue().count("disk is full") == 2


def test_any_other_error_is_logged_each_time_with_its_traceback(log_stream: io.StringIO):
    fail(ValueError("a mistake"), times=2)
    assert log_stream.getvalue().count("WARNING It failed\nValueError: a mistake") == 2
