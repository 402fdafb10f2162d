"""How long every page takes in a large world, beside an empty page: of one process, one request after the other.

A page that comes near the goal is asked for more often: of a few answers the slowest is the 95th percentile, so a
moment in which the machine did something else would decide.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench import page_statements, servers
from bench.runner_client import Client

TOKENS, ENTRIES = 100_000, 200  # 10,000 projects
EMPTY = "an empty page"
GOAL = 150  # ms, of the slowest twentieth
NEAR_GOAL = 100  # ms
MORE_REQUESTS = 40  # for each page that comes near the goal
PAGES_PER_EMPTY = 20  # it also shows how even the machine was; a connection that waits for long is closed
CSRF_TOKEN = "b" * 32
Times = dict[str, list[float]]
Ask = Callable[[], float | None]


def measure(url: str, make_database: Callable[[str, str], None], options: Any) -> tuple[dict[str, int], Times]:
    """The number of each page's statements, and milliseconds of each request by page; pages in an order of chance, so
    that a busy moment hits all of them."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        data = Path(folder)
        make_database(url, "bench_pages")
        database = servers.database_named(url, "bench_pages")
        # It takes longer than a session may change things without the password.
        product = servers.environment(data, database, servers.free_port()) | {
            "TOKENACCESS_REAUTHENTICATION_MINUTES": "0"
        }
        baseline = servers.environment(data, database, servers.free_port())
        servers.manage(product, "migrate", "--skip-checks", "--verbosity", "0")
        servers.manage(product, "bench_world", "--tokens", str(options.page_tokens), "--entries", str(ENTRIES))
        sizes = [str(options.log_rows), str(options.page_rows)]
        servers.manage_module(product, "bench.page_world", *sizes, str(data / "pages.json"))
        pages = json.loads((data / "pages.json").read_text())
        files = [str(data / "pages.json"), str(data / "statements.json")]
        servers.manage_module(product, "bench.page_statements", *files)
        statements = json.loads((data / "statements.json").read_text())
        ours = stack.enter_context(servers.running(servers.product_command(), product, "/-/readiness"))
        theirs = stack.enter_context(servers.running(servers.baseline_command(baseline), baseline, "/empty"))
        if servers.can_pin():
            os.sched_setaffinity(0, set(range(1, os.cpu_count() or 2)))
        client = Client(ours)
        asks = {page["name"]: _ask(client, page) for page in pages}
        asks[EMPTY] = _ask(Client(theirs), {"address": "/empty", "session": "", "fields": {}})
        return statements, _ask_in_turn(asks, options.page_requests)


def _ask(client: Client, page: dict[str, Any]) -> Ask:
    """Milliseconds; None of what takes no GET, and is no page."""
    method, body = ("POST", urlencode(page["fields"])) if page["fields"] else ("GET", None)
    headers = {"Cookie": f"sessionid={page['session']}; csrftoken={CSRF_TOKEN}", "X_CSRFToken": CSRF_TOKEN}
    if body:
        headers["Content_Type"] = "application/x-www-form-urlencoded"

    def ask() -> float | None:
        start = time.perf_counter()
        status, answer = client.send(method, page["address"], body, **headers)
        took = (time.perf_counter() - start) * 1e3
        if status == HTTPStatus.METHOD_NOT_ALLOWED and method == "GET":
            return None
        if status not in page_statements.ANSWERS:
            raise RuntimeError(f"{method} {page['address']}: {status} {answer[:300]!r}")
        return took

    return ask


def _ask_in_turn(asks: dict[str, Ask], requests: int) -> Times:
    empty = asks.pop(EMPTY)
    asks = {name: ask for name, ask in asks.items() if ask() is not None}  # and that warms caches and connections
    times: Times = {name: [] for name in [EMPTY, *asks]}
    empty()

    def walk(names: list[str], rounds: int) -> None:
        order = names * rounds
        random.Random(3).shuffle(order)
        for number, name in enumerate(order):
            if number % PAGES_PER_EMPTY == 0:
                times[EMPTY].append(empty() or 0)
            times[name].append(asks[name]() or 0)

    walk(list(asks), requests)
    walk([name for name in asks if percentile_95(times[name]) > NEAR_GOAL], MORE_REQUESTS)
    return times


def percentile_95(taken: list[float]) -> float:
    """Of two or more; among those that were measured, never beyond the slowest."""
    return statistics.quantiles(taken, n=20, method="inclusive")[-1]


def report(times: Times, most: int = 60) -> str:
    """Median and 95th percentile in ms, and the median as a multiple of the empty page's; of the slowest pages, and of
    all that are over the goal."""
    floor = statistics.median(times[EMPTY])
    slow = {name: percentile_95(taken) for name, taken in times.items()}
    over = sum(one > GOAL for one in slow.values())
    lines = [f"{len(times) - 1} pages of a world with a list of {ENTRIES} entries and a long log"]
    lines.append(f"goal: 95 % below {GOAL} ms; {over} are over it")
    for number, (name, taken) in enumerate(sorted(times.items(), key=lambda item: -statistics.median(item[1]))):
        if number >= most and slow[name] <= GOAL and name != EMPTY:
            continue
        middle, word = statistics.median(taken), "  over the goal" if slow[name] > GOAL else ""
        line = f"{middle:8.1f} ms  95 %: {slow[name]:8.1f} ms  {middle / floor:7.1f} x empty  of {len(taken):3}  {name}"
        lines.append(line + word)
    return "\n".join(lines)
