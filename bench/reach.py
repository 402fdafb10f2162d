"""What many answers cost beside one: a batch and the pages of a search by AuthZEN, an explanation, and the report of
the widest access. One connection asks for all of them in turn; the goals are in docs/benchmark.md.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from bench import servers
from bench.runner_client import Client

PROJECTS, ENTRIES = 100_000, 200
WARM = 5
ONE = "one evaluation"
WRITE = {"name": "write_packages"}


class Case(NamedTuple):
    """`most`: by the median of ONE; 0: none. `p95`: milliseconds at most, 0: any."""

    what: str
    who: str
    method: str
    path: str
    body: dict[str, Any] | None = None
    most: float = 0
    p95: float = 0


def cases(world: dict[str, Any]) -> list[Case]:
    source, listed = {"type": "project", "id": world["source"]}, {"type": "project", "id": world["listed"]}
    one = {"subject": source, "action": WRITE, "resource": listed}
    some = [{"resource": {"type": "project", "id": name}} for name in world["projects"]]
    anything = {"type": "project"}
    explained = {"source": world["source"], "target": world["listed"], "action": "write_packages"}

    def search(what: str, name: str, who: str, body: dict[str, Any]) -> Case:
        return Case(f"search: {what}", who, "POST", f"/access/v1/search/{name}", body, most=50)

    person = {"subject": {"type": "user", "id": "reach-maintainer"}, "action": WRITE, "resource": anything}
    admin = {"subject": {"type": "user", "id": "reach-admin"}, "action": WRITE, "resource": anything}
    job = {"subject": {"type": "job", "id": world["job"]}, "action": WRITE, "resource": anything}
    where = {"subject": source, "action": WRITE, "resource": anything}
    who = {"subject": anything, "action": WRITE, "resource": listed}
    jobs = {"subject": {"type": "job"}, "action": WRITE, "resource": listed}
    return [
        Case(ONE, "maintainer", "POST", "/access/v1/evaluation", one),
        Case("100 evaluations", "maintainer", "POST", "/access/v1/evaluations", {**one, "evaluations": some}, most=10),
        Case("explain", "maintainer", "POST", "/api/v4/token_access/explain", explained, most=2),
        search("where a person may", "resource", "maintainer", person),
        search("where an administrator may", "resource", "admin", admin),
        search("where a project may", "resource", "maintainer", where),
        search("where a project may, for an administrator", "resource", "admin", where),
        search("where a job may", "resource", "maintainer", job),
        search("which projects may", "subject", "maintainer", who),
        search("which projects may, for an administrator", "subject", "admin", who),
        search("which jobs may", "subject", "maintainer", jobs),
        search("what a project may", "action", "maintainer", {"subject": source, "resource": listed}),
        Case("widest access", "admin", "GET", "/api/v4/token_access/widest", p95=150),
    ]


def measure(url: str, make_database: Callable[[str, str], None], options: Any) -> dict[str, dict[str, Any]]:
    found = {"the policy alone": time_decisions()}
    for projects in (10_000,) if options.quick else (10_000, PROJECTS):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
            data, name = Path(folder), f"bench_reach_{projects}"
            make_database(url, name)
            product = servers.environment(data, servers.database_named(url, name), servers.free_port())
            servers.manage(product, "migrate", "--skip-checks", "--verbosity", "0")
            servers.manage_module(product, "bench.reach_world", str(projects), str(ENTRIES), str(data / "world.json"))
            world = json.loads((data / "world.json").read_text())
            ours = stack.enter_context(servers.running(servers.product_command(), product, "/-/readiness"))
            found[f"{projects} projects, {ENTRIES} entries on one list in ten"] = compare(
                Client(ours), world, 10 if options.quick else 60
            )
    return found


def time_decisions(rounds: int = 20_000) -> dict[str, Any]:
    """An explanation beside a decision, of what is allowed, so that both run every rule; without database and HTTP."""
    from tokenaccess.policy import Action, Facts, Job, Person, Target, decide, explain
    from tokenaccess.policy.features import Feature
    from tokenaccess.policy.levels import FeatureLevel, InboundMode, Role, Visibility

    levels = dict.fromkeys(Feature, FeatureLevel.ENABLED)
    target = Target(2, "a/b", Visibility.PRIVATE, levels, mode=InboundMode.OPEN)
    job = Job(1, 1, "a/a", "running", False, False, Person(1, "ann"))
    facts = Facts(target, Role.MAINTAINER)
    assert decide(job, Action.WRITE_PACKAGES, facts).allowed
    took: dict[str, list[float]] = {"decide": [], "explain": []}
    for _ in range(9):
        for name, question in (("decide", decide), ("explain", explain)):
            start = time.perf_counter()
            for _ in range(rounds // 9):
                question(job, Action.WRITE_PACKAGES, facts)
            took[name].append((time.perf_counter() - start) / (rounds // 9) * 1e3)
    unit = statistics.median(took["decide"])
    return {
        name: {
            "median": statistics.median(values),
            "p95": max(values),
            "ratio": statistics.median(values) / unit,
            "most": 2 if name == "explain" else 0,
            "p95_most": 0,
        }
        for name, values in took.items()
    }


def compare(client: Client, world: dict[str, Any], rounds: int) -> dict[str, Any]:
    """In milliseconds."""
    times: dict[str, list[float]] = {}
    asked = cases(world)
    for number in range(WARM + rounds):
        for case in asked:
            took = ask(client, case, world[case.who])
            if number >= WARM:
                times.setdefault(case.what, []).append(took)
    unit = statistics.median(times[ONE])
    return {
        case.what: {
            "median": statistics.median(times[case.what]),
            "p95": sorted(times[case.what])[int(0.95 * (len(times[case.what]) - 1))],
            "ratio": statistics.median(times[case.what]) / unit,
            "most": case.most,
            "p95_most": case.p95,
        }
        for case in asked
    }


def ask(client: Client, case: Case, token: str) -> float:
    body = None if case.body is None else json.dumps(case.body)
    headers = {"PRIVATE_TOKEN": token} | ({} if body is None else {"Content_Type": "application/json"})
    start = time.perf_counter()
    status, answer = client.send(case.method, case.path, body, **headers)
    took = (time.perf_counter() - start) * 1e3
    if status >= 300:
        raise RuntimeError(f"{case.what}: {status} {answer[:200]!r}")
    return took


def report(found: dict[str, dict[str, Any]]) -> str:
    lines = []
    for size, rows in found.items():
        lines.append(f"\n{size}\n{'':44} {'p50 ms':>8} {'p95 ms':>8} {'/ one':>7} goal")
        for what, row in rows.items():
            goal = (
                f"≤ {row['most']:.0f}" if row["most"] else f"p95 ≤ {row['p95_most']:.0f} ms" if row["p95_most"] else ""
            )
            lines.append(f"{what:44} {row['median']:>8.3f} {row['p95']:>8.3f} {row['ratio']:>7.1f} {goal}")
    return "\n".join(lines)
