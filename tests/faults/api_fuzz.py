"""`python -m tests.faults.api_fuzz`: schemathesis asks a server with the demo world for everything that the API's
description names, with what fits it and what does not.

Fails on an answer of 500 and more, a status that is not described, and a body that does not fit its schema.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.server import ADMIN_TOKEN, LiveServer, live_server

HERE = Path(__file__).resolve().parent
CHECKS = "not_a_server_error,status_code_conformance,response_schema_conformance"
# What would take the run's own token away, or go on for ever.
EXCLUDED = r"access_tokens|/user/personal|oauth/|/block$|/deactivate$|/users/\{|impersonation|transfer|job_tokens"


def configuration(live: LiveServer) -> str:
    """Ids that exist, and some that do not: most requests should come to more than 404."""
    project = live.call("GET", "/projects/acme%2Flibrary").json["id"]
    group = live.call("GET", "/groups/acme").json["id"]
    jobs = [job["id"] for job in live.call("GET", f"/projects/{project}/jobs").json]
    pipelines = [row["id"] for row in live.call("GET", f"/projects/{project}/pipelines").json]
    hook = live.call("POST", f"/projects/{project}/hooks", {"url": "https://example.com"}).json["id"]
    values = {
        "project": [str(project), str(project), "acme%2Flibrary", "0"],
        "group": [str(group), str(group), "0"],
        "job": [*jobs, 0],
        "pipeline": [*pipelines, 0],
        "hook_id": [hook, 0],
        "ref": ["main", "x"],
    }
    return "[parameters]\n" + "".join(
        f"{json.dumps(f'path.{name}')} = {json.dumps(of)}\n" for name, of in values.items()
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, help="schemathesis")
    parser.add_argument("--examples", type=int, default=10, help="requests for each operation")
    parser.add_argument("--seed", type=int, default=1)
    given, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder, live_server(Path(folder), TOKENACCESS_DEMO="true") as live:
        config = Path(folder) / "schemathesis.toml"
        config.write_text(configuration(live))
        done = subprocess.run(
            [str(Path(given.program).absolute()), "--config-file", str(config), "run", f"{live.url}/api/schema/",
             "--header", f"PRIVATE-TOKEN: {ADMIN_TOKEN}", "--checks", CHECKS, "--phases", "fuzzing",
             "--max-examples", str(given.examples), "--seed", str(given.seed), "--no-shrink", "--continue-on-failure",
             "--exclude-path-regex", EXCLUDED, "--generation-with-security-parameters", "false",
             "--suppress-health-check", "all", "--request-timeout", "60", "--warnings", "off", *more],
            check=False,
            cwd=folder,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "api_fuzz_hooks", "PYTHONPATH": str(HERE)},
        )  # fmt: skip
        errors = live.errors()
        sys.stderr.write(errors if "Traceback" in errors else "")
    return done.returncode or int("Traceback" in errors)


if __name__ == "__main__":
    sys.exit(main())
