"""200 clients that send a body byte by byte and 200 that take a package so, while others ask as usual.

None of the slow ones stops the others: their slowest hundredth stays within three times what it is in calm, before and
after. None is borne for ever: each is answered 408 or cut off.
"""

from __future__ import annotations

import http.client
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tests.faults.attackers import Attack, Reader, Writer
from tests.faults.report import Report
from tests.support.server import ADMIN_TOKEN, LiveServer, live_server

WRITERS = READERS = 200
PACKAGE_BYTES = 20 * 1024 * 1024
CALM_SECONDS = 15
ATTACK_SECONDS = 50
WORST_RATIO = 3.0
# On a busy machine the slowest hundredth of a second's answers says little below this.
FLOOR_SECONDS = 0.05
CLIENTS = 4


def run(folder: Path, report: Report) -> None:
    with live_server(folder, WEB_CONCURRENCY="2") as live:
        attack_and_measure(live, live.url, report)


def attack_and_measure(live: LiveServer, url: str, report: Report, *, sources: Sequence[str] = ["127.0.0.1"]) -> None:
    """`url`: where the clients ask, which may be a proxy before the server. `sources`: addresses of the slow ones."""
    package, host = _package(live), urlsplit(url).netloc
    calm = _measure(host, CALM_SECONDS)
    report.say(f"calm before: {calm}")
    with Attack(url, [*_writers(), *[Reader(package)] * READERS], sources=sources) as attack:
        time.sleep(3)
        connected = attack.count_connections()
        report.check(connected > 0.9 * (WRITERS + READERS), f"{connected} slow clients are connected")
        attacked = _measure(host, ATTACK_SECONDS)
        report.say(f"under attack: {attacked}")
        outcomes = attack.outcomes()
    report.say(f"slow clients: {dict(outcomes)}")
    time.sleep(3)
    calm_after = _measure(host, CALM_SECONDS)
    report.say(f"calm after: {calm_after}")
    calm.seconds += calm_after.seconds
    allowed = max(WORST_RATIO * calm.p99, FLOOR_SECONDS)
    report.check(not attacked.failures, f"failures of ordinary requests: {dict(attacked.failures)}")
    report.check(attacked.p99 <= allowed, f"p99 {attacked.p99:.3f} s of at most {allowed:.3f} s")
    report.check(outcomes["writer 408"] > 0, "slow bodies are answered 408")
    report.check(outcomes["reader cut"] > 0, "slow readers are cut off")
    report.check_log(live.errors())


class Measurement:
    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.failures: Counter[str] = Counter()

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.seconds, n=100)[98]

    def __str__(self) -> str:
        middle = statistics.median(self.seconds)
        return f"{len(self.seconds)} requests, half within {middle:.3f} s, 99 of 100 within {self.p99:.3f} s"


def _measure(host: str, seconds: float) -> Measurement:
    """What people and jobs ask all day, over connections that stay open."""
    measurement, until = Measurement(), time.monotonic() + seconds
    threads = [threading.Thread(target=_ask_until, args=(host, until, measurement)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return measurement


ORDINARY = [
    ("GET", "/api/v4/user", None),
    ("GET", "/api/v4/projects/1", None),
    ("GET", "/users/sign_in", None),
    ("GET", "/-/readiness", None),
    ("POST", "/api/v4/jobs/request", b'{"token": "glrt-nobody"}'),
    ("POST", "/api/graphql", b'{"query": "{ currentUser { username } }"}'),
]


def _ask_until(host: str, until: float, measurement: Measurement) -> None:
    connection = http.client.HTTPConnection(host, timeout=30)
    headers = {"PRIVATE-TOKEN": ADMIN_TOKEN, "Content-Type": "application/json"}
    while time.monotonic() < until:
        method, path, body = random.choice(ORDINARY)
        began = time.monotonic()
        try:
            connection.request(method, path, body, headers if path.startswith("/api") else {})
            response = connection.getresponse()
            response.read()
            if response.status >= 500 or response.status in {408, 429}:
                measurement.failures[f"{path} {response.status}"] += 1
        except (OSError, http.client.HTTPException) as error:
            measurement.failures[f"{path} {type(error).__name__}"] += 1
            connection.close()
        measurement.seconds.append(time.monotonic() - began)
        time.sleep(0.01)


def _package(live: LiveServer) -> str:
    """The path of a package that anybody may read."""
    project = live.make("/projects", name="large files", path="archive-of-all", visibility="public")
    path = f"/api/v4/projects/{project['id']}/packages/generic/large/1.0/large.bin"
    live.call("PUT", live.url + path, random.randbytes(PACKAGE_BYTES))
    return path


def _writers() -> list[Writer]:
    """Bodies of every size and form, for every surface; none brings a credential."""
    targets = [
        ("POST", "/users/sign_in", "application/x-www-form-urlencoded"),
        ("POST", "/api/v4/jobs/request", "application/json"),
        ("POST", "/api/graphql", "application/json"),
        ("PUT", "/api/v4/projects/1/packages/generic/a/1/b", "application/octet-stream"),
        ("POST", "/root/archive-of-all.git/git-upload-pack", "application/x-git-upload-pack-request"),
        ("POST", "/api/v4/projects", "application/json"),
    ]
    lengths = [1000, 100_000, 5_000_000, None]
    kinds = [Writer(*target, length) for target in targets for length in lengths]
    return [kinds[number % len(kinds)] for number in range(WRITERS)]
