"""Does the time of an answer tell a hidden project from none? One connection asks for both in turn, by chance.

`slower`: how often, of a hidden and an absent name's answers taken by chance, the hidden one's took longer. 0.5 tells
nothing; within `chance` of it, it could not be told from 0.5 with so many requests.
"""

from __future__ import annotations

import base64
import json
import math
import os
import random
import statistics
import tempfile
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench import servers
from bench.runner_client import Client

TOKENS, ENTRIES = 4_000, 20
WARM = 100
KINDS = ["absent", "before", "after", "hidden again"]
PACKAGE = "packages/generic/lib/1.0/lib.tgz"
LOGINS = {"job": "gitlab-ci-token", "person": "stranger"}
GRAPH = "query($path: ID!) { project(fullPath: $path) { id } }"


@dataclass(frozen=True)
class Case:
    """`path` takes `{id}` and `{path}` (`{quoted}`: in one segment); `who`: a credential of the world, or none."""

    who: str
    what: str
    path: str
    things: str = "projects"
    body: str = ""


@dataclass(frozen=True)
class Comparison:
    """Microseconds, medians; `gap`: hidden less absent."""

    hidden: float
    gap: float
    slower: float


CASES = [
    Case("job", "package by number", f"/api/v4/projects/{{id}}/{PACKAGE}"),
    Case("job", "package by path", f"/api/v4/projects/{{quoted}}/{PACKAGE}"),
    Case("job", "git", "/{path}.git/info/refs?service=git-upload-pack"),
    Case("person", "package by number", f"/api/v4/projects/{{id}}/{PACKAGE}"),
    Case("person", "project by number", "/api/v4/projects/{id}"),
    Case("person", "project by path", "/api/v4/projects/{quoted}"),
    Case("person", "group by path", "/api/v4/groups/{quoted}", "groups"),
    Case("person", "git", "/{path}.git/info/refs?service=git-upload-pack"),
    Case("person", "GraphQL", "/api/graphql", body=GRAPH),
    Case("session", "page", "/{path}"),
    Case("visitor", "project by path", "/api/v4/projects/{quoted}"),
    Case("visitor", "page", "/{path}"),
]


def measure(url: str, make_database: Callable[[str, str], None], options: Any) -> dict[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        data = Path(folder)
        make_database(url, "bench_hidden")
        product = servers.environment(data, servers.database_named(url, "bench_hidden"), servers.free_port())
        servers.manage(product, "migrate", "--skip-checks", "--verbosity", "0")
        size = ["--tokens", str(TOKENS), "--entries", str(ENTRIES)]
        servers.manage(product, "bench_world", *size, "--refused-out", str(data / "refused"))
        servers.manage_module(product, "bench.hidden_world", str(data / "refused"), str(data / "names.json"))
        world = json.loads((data / "names.json").read_text())
        ours = stack.enter_context(servers.running(servers.product_command(), product, "/-/readiness"))
        if servers.can_pin():
            os.sched_setaffinity(0, set(range(1, os.cpu_count() or 2)))
        client = Client(ours)
        found = {}
        for case in CASES:
            compared = compare(client, case, world, options.requests)
            found[f"{case.who}, {case.what}"] = {name: asdict(one) for name, one in compared.items()}
        return found


def compare(client: Client, case: Case, world: dict[str, Any], requests: int) -> dict[str, Comparison]:
    """What is hidden beside what is absent, and beside what would come before the first or after the last one."""
    names: dict[str, list[Any]] = world[case.things]
    times: dict[str, list[float]] = {kind: [] for kind in names}
    # Twice as many of the hidden, in two halves: how far do two lots of the same kind differ?
    times["hidden again"] = []
    chance = random.Random(2)
    headers = credential(case, world)
    statuses = set()
    for number in range(WARM + requests):
        kinds = list(times)
        chance.shuffle(kinds)
        for kind in kinds:
            name = chance.choice(names[kind.removesuffix(" again")])
            took, status = ask(client, case, name, headers)
            statuses.add(status)
            if number >= WARM:
                times[kind].append(took)
    if len(statuses) > 1:
        raise RuntimeError(f"{case}: the answers differ: {statuses}")
    hidden = times.pop("hidden")
    return {kind: _compare_times(hidden, others) for kind, others in times.items()}


def ask(client: Client, case: Case, name: list[Any], headers: dict[str, str]) -> tuple[float, int]:
    number, path = name
    address = case.path.format(id=number, path=path, quoted=quote(path, safe=""))
    body = json.dumps({"query": case.body, "variables": {"path": path}}) if case.body else None
    start = time.perf_counter()
    status, _ = client.send("POST" if body else "GET", address, body, **headers)
    return (time.perf_counter() - start) * 1e6, status


def credential(case: Case, world: dict[str, Any]) -> dict[str, str]:
    headers = {"Content_Type": "application/json"} if case.body else {}
    if case.what == "git" and case.who != "visitor":
        login = base64.b64encode(f"{LOGINS[case.who]}:{world[case.who]}".encode()).decode()
        return headers | {"Authorization": f"Basic {login}"}
    match case.who:
        case "session":
            return headers | {"Cookie": f"sessionid={world['session']}"}
        case "job":
            return headers | {"JOB_TOKEN": world["job"]}
        case "person":
            return headers | {"PRIVATE_TOKEN": world["person"]}
    return headers


def _compare_times(hidden: list[float], others: list[float]) -> Comparison:
    in_order = sorted(others)
    shorter = sum(bisect_left(in_order, one) + bisect_right(in_order, one) for one in hidden) / 2
    gap = statistics.median(hidden) - statistics.median(others)
    return Comparison(statistics.median(hidden), gap, shorter / len(hidden) / len(others))


def chance_of(requests: int) -> float:
    """How far from 0.5 it may be by chance (the rank test's 95 % for two lots of so many)."""
    return 1.96 * math.sqrt((2 * requests + 1) / 12) / requests


def report(found: dict[str, dict[str, Any]], requests: int) -> str:
    lines = [
        f"\nHidden beside absent: {requests} answers each; slower within 0.5 ± {chance_of(requests):.3f} is chance",
        f"{'':28} {'hidden µs':>10}" + "".join(f" {kind + ' µs':>16} {'slower':>7}" for kind in KINDS),
    ]
    for name, compared in found.items():
        hidden = next(iter(compared.values()))["hidden"]
        columns = "".join(f" {compared[kind]['gap']:>+16.1f} {compared[kind]['slower']:>7.3f}" for kind in KINDS)
        lines.append(f"{name:28} {hidden:>10.0f}{columns}")
    return "\n".join(lines)
