"""`python -m tests.faults.api_fuzz`: schemathesis asks a server with the demo world for everything that the API's
description names, with what fits it and what does not.

Fails on an answer of 500 and more, a status that is not described, a body that does not fit its schema, and a request
without an answer.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.api_fuzz_world import make_world
from tests.support.server import live_server

HERE = Path(__file__).resolve().parent
CHECKS = "not_a_server_error,status_code_conformance,response_schema_conformance"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, help="schemathesis")
    parser.add_argument("--examples", type=int, default=10, help="requests for each operation")
    parser.add_argument("--seed", type=int, default=1)
    given, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder, live_server(Path(folder), TOKENACCESS_DEMO="true") as live:
        world = make_world(live)
        done = subprocess.run(
            [str(Path(given.program).absolute()), "run", f"{live.url}/api/schema/",
             "--checks", CHECKS, "--phases", "fuzzing",
             "--max-examples", str(given.examples), "--seed", str(given.seed), "--no-shrink", "--continue-on-failure",
             "--generation-with-security-parameters", "false",
             "--suppress-health-check", "all", "--request-timeout", "60", "--warnings", "off", *more],
            check=False,
            cwd=folder,
            env={
                **os.environ,
                "SCHEMATHESIS_HOOKS": "api_fuzz_hooks",
                "PYTHONPATH": str(HERE),
                "FUZZ_WORLD": json.dumps(world),
            },
        )  # fmt: skip
        errors = live.errors()
        sys.stderr.write(errors if "Traceback" in errors else "")
    return done.returncode or int("Traceback" in errors)


if __name__ == "__main__":
    sys.exit(main())
