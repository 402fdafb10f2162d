"""Drives one address list for a few seconds with wrk and reads what came of it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.servers import can_pin, other_cores

CONNECTIONS = 16
SCRIPT = Path(__file__).with_name("send.lua")


@dataclass(frozen=True)
class Case:
    """`file`: lines `path<TAB>value` of `header`. `refused`: every answer is to be a refusal; otherwise none may be.
    `accept`: what the client says it accepts, "" for nothing."""

    name: str
    url: str
    file: Path
    header: str
    refused: bool = False
    accept: str = ""


@dataclass(frozen=True)
class Sample:
    """Requests per second; p50 and p99 in milliseconds."""

    rate: float
    p50: float
    p99: float


def drive(case: Case, seconds: int) -> Sample:
    """Raises RuntimeError when the answers are not what the case is about."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(SCRIPT), case.url]
    if can_pin():
        command = ["taskset", "-c", other_cores(), *command]
    command += ["--", str(case.file), case.header, *([case.accept] if case.accept else [])]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds * 3 + 30)
    result = json.loads(run.stdout.strip().splitlines()[-1])
    expected = result["requests"] if case.refused else 0
    # At the end some requests are cut off: counted as sent, their answers not seen.
    if result["broken"] or abs(result["refused"] - expected) > CONNECTIONS:
        raise RuntimeError(
            f"{case.name}: {result['refused']} refused and {result['broken']} broken of {result['requests']}."
        )
    return Sample(result["requests"] / result["seconds"], result["p50"], result["p99"])
