"""How long pages take in a large world, beside an empty page: of one process, one request after the other."""

from __future__ import annotations

import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import servers
from bench.runner_client import Client

TOKENS, ENTRIES = 100_000, 200  # 10,000 projects
EMPTY = "an empty page"
GOAL = 150  # ms, of the slowest twentieth
Times = dict[str, list[float]]


def measure(url: str, make_database: Callable[[str, str], None], options: Any) -> Times:
    """Milliseconds of each request, by page; pages in an order of chance, so that a busy moment hits all of them."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        data = Path(folder)
        make_database(url, "bench_pages")
        database = servers.database_named(url, "bench_pages")
        product = servers.environment(data, database, servers.free_port())
        baseline = servers.environment(data, database, servers.free_port())
        servers.manage(product, "migrate", "--skip-checks", "--verbosity", "0")
        servers.manage(product, "bench_world", "--tokens", str(TOKENS), "--entries", str(ENTRIES))
        servers.manage_module(product, "bench.page_world", str(options.log_rows), str(data / "pages.json"))
        pages = json.loads((data / "pages.json").read_text())
        ours = stack.enter_context(servers.running(servers.product_command(), product, "/-/readiness"))
        theirs = stack.enter_context(servers.running(servers.baseline_command(baseline), baseline, "/empty"))
        if servers.can_pin():
            os.sched_setaffinity(0, set(range(1, os.cpu_count() or 2)))
        asks = {name: _ask(Client(ours), address, session) for name, (address, session) in pages.items()}
        asks[EMPTY] = _ask(Client(theirs), "/empty", "")
        return _ask_in_turn(asks, options.page_requests)


def _ask(client: Client, address: str, session: str) -> Callable[[], float]:
    def ask() -> float:
        start = time.perf_counter()
        status, body = client.send("GET", address, None, Cookie=f"sessionid={session}")
        took = (time.perf_counter() - start) * 1e3
        if status != 200:
            raise RuntimeError(f"{address}: {status} {body[:300]!r}")
        return took

    return ask


def _ask_in_turn(asks: dict[str, Callable[[], float]], requests: int) -> Times:
    for ask in asks.values():
        ask()  # the first one warms caches and connections
    chance = random.Random(3)
    times: Times = {name: [] for name in asks}
    for _ in range(requests):
        names = list(asks)
        chance.shuffle(names)
        for name in names:
            times[name].append(asks[name]())
    return times


def report(times: Times) -> str:
    """Median and 95th percentile in ms, and the median as a multiple of the empty page's."""
    floor = statistics.median(times[EMPTY])
    lines = [f"Pages of a world of 10,000 projects, {ENTRIES} entries and a long log (goal: 95 % below {GOAL} ms)"]
    for name, taken in sorted(times.items(), key=lambda item: -statistics.median(item[1])):
        middle, slow = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
        over = "  over the goal" if slow > GOAL else ""
        lines.append(f"{name:28} {middle:8.1f} ms  95 %: {slow:8.1f} ms  {middle / floor:7.1f} x empty{over}")
    return "\n".join(lines)
