"""Under CI=true a skipped test is a failure: a missing tool must not pass for a green run.

A test that may rightly skip there (say, one that needs PostgreSQL in the SQLite run) is marked `may_skip`.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

STRICT = os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def refuse(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    advice = "Under CI=true nothing may be skipped: install what is missing, or mark the test may_skip."
    report.outcome = "failed"
    report.longrepr = f"{reason}\n{advice}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    expected_failure = hasattr(report, "wasxfail")
    if STRICT and report.skipped and not expected_failure and not item.get_closest_marker("may_skip"):
        refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if STRICT and report.skipped:
        refuse(report)
    return report
