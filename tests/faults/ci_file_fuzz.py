"""Throws generated CI files at the compiler for some minutes: `make fuzz MINUTES=60`.

Whatever the file says, the compiler answers with jobs or with a ConfigError, within MAX_SECONDS of processor time; what
it answers can be stored as JSON; and the merged file means the same as the file. A file that breaks this is made as
small as possible and printed, and the program ends with status 1.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import ci_config
from tests.faults.ci_file_strategies import texts

MAX_SECONDS = 2.0
HANG_SECONDS = 30  # of the clock: then it is interrupted
ROUND = 500  # files
SECRET = "hunter22/hunter22"
NAMES = ["src/a.py", "src/b/c.txt", "README.md", "ci/b.yml", "ci/c.yaml", "a.yml", "x", "none/é.md"]


class Slow(Exception):
    """The compiler took more than its time."""


@contextmanager
def limited_time() -> Iterator[None]:
    def interrupt(*_: object) -> None:
        raise Slow(f"still at work after {HANG_SECONDS} s")

    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)
    start = time.process_time()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if (seconds := time.process_time() - start) > MAX_SECONDS:
        raise Slow(f"{seconds:.1f} s")


def changed_files(compare_to: str | None) -> list[str]:
    if compare_to not in (None, "main", "x"):
        raise LookupError(compare_to)
    return NAMES[:3]


def compile_file(text: str, included: list[str], **more: Any) -> ci_config.CompiledPipeline | None:
    """None: the file is refused, in sentences."""
    held = dict(zip(["a.yml", "ci/b.yml", "ci/c.yaml"], included, strict=True))
    try:
        with limited_time():
            return ci_config.compile(
                text,
                variables={"A": "a", "B": "$C/%A%", "C": "/^a/", "FILE": "a.yml", "SECRET": SECRET},
                masked={"SECRET"},
                predefined={"CI": "true", "CI_COMMIT_BRANCH": "main", "CI_PIPELINE_SOURCE": "push"},
                read_local=held.get,
                read_project=lambda project, ref, path: held.get(path),
                changed_files=changed_files,
                list_files=lambda: NAMES,
                list_project_files=lambda project, ref: NAMES,
                **more,
            )
    except ci_config.ConfigError as error:
        check_sentences(error.messages, error.warnings)
        return None


def check_sentences(messages: list[str], warnings: list[str]) -> None:
    assert messages
    assert all(isinstance(line, str) and "\n" not in line for line in [*messages, *warnings])
    assert not any(SECRET[:8] in line for line in [*messages, *warnings])


def check(text: str, included: list[str]) -> None:
    compile_file(text, included, evaluate_rules=False)
    found = compile_file(text, included)
    if found is None:
        return
    json.dumps([[job.as_dict() for job in found.jobs], found.variables, found.warnings, found.name]).encode()
    merged = ci_config.merged_yaml(found.tree)
    if merged is not None:
        again = compile_file(merged, included)
        assert again is not None, f"the merged file is refused:\n{merged}"
        assert again.jobs == found.jobs, f"the merged file means something else:\n{merged}"


def fuzz(number: int) -> None:
    """One round, the same for the same number."""

    @seed(number)
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(texts, st.lists(texts, min_size=3, max_size=3))
    def holds(text: str, included: list[str]) -> None:
        check(text, included)

    holds()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=None, help="of the first round")
    options = parser.parse_args()
    first = random.randrange(10**9) if options.seed is None else options.seed
    end, rounds = time.monotonic() + options.minutes * 60, 0
    while time.monotonic() < end:
        try:
            fuzz(first + rounds)
        except BaseException:
            print(f"\nRound {first + rounds} found this:", flush=True)
            raise
        rounds += 1
        print(f"\r{rounds} rounds of {ROUND} files, from seed {first}", end="", flush=True)
    print("\nNothing broke.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
