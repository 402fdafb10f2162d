"""`make faults`, or `python -m tests.faults slow_clients …` for some of them. Exit status 0: all held."""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

from tests.faults.report import Report

PROGRAMS = ["slow_clients", "slow_clients_behind_nginx", "killed_pushes", "database_outage", "full_disk", "stopping"]


def main(names: list[str]) -> int:
    unknown = set(names) - set(PROGRAMS)
    if unknown:
        print(f"There is no {', '.join(sorted(unknown))}. There are: {', '.join(PROGRAMS)}.", file=sys.stderr)
        return 2
    reports = [run(name) for name in names or PROGRAMS]
    failed = [report for report in reports if report.failed]
    for report in failed:
        print(f"{report.name} failed: {'; '.join(report.failed)}", file=sys.stderr)
    return bool(failed)


def run(name: str) -> Report:
    report = Report(name)
    program = importlib.import_module(f"tests.faults.{name}")
    with tempfile.TemporaryDirectory(prefix=f"fault-{name}-") as folder:
        try:
            program.run(Path(folder), report)
        except Exception as error:
            report.check(False, f"it broke off: {error!r}")
    return report


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
