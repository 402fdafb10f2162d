"""The programs of tests/faults are no tests: this one notices when they do not start any more."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.server import ROOT, clean_environment

pytestmark = pytest.mark.pure


def test_the_programs_start_without_settings_of_the_product() -> None:
    names = [path.stem for path in (ROOT / "tests/faults").glob("*.py") if path.stem[0] != "_"]
    names.remove("api_fuzz_hooks")  # schemathesis imports it
    imports = "; ".join(f"import tests.faults.{name}" for name in names)
    command = [sys.executable, "-c", imports]
    done = subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
