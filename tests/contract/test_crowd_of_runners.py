"""A hundred jobs and twenty runners that ask at once, over real connections to the real server. One of the runners dies
with a job in its hands."""

from __future__ import annotations

import http.client
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

import psycopg2

from tests.contract.world import World
from tests.support.server import LiveServer

JOBS, RUNNERS = 100, 20
# None takes more before one has died, so that there is a job left for it, and many to come after its death.
BEFORE_THE_DEATH = 3
CI_FILE = "\n".join(f"job{number}: {{script: [make]}}" for number in range(JOBS))


@dataclass
class Runner:
    """Takes and ends jobs until there are none, over one connection that it keeps."""

    live: LiveServer
    token: str
    system_id: str
    taken: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)

    def works(self, death: threading.Event, *, dies: bool = False) -> None:
        connection = http.client.HTTPConnection(self.live.host, timeout=60)
        try:
            while (job := self._ask(connection)) is not None:
                self.taken.append(job["id"])
                if dies:
                    death.set()
                    return
                if len(self.taken) == BEFORE_THE_DEATH:
                    assert death.wait(60), "the one that is to die got no job"
                status, _ = self._send(connection, "PUT", f"/jobs/{job['id']}", token=job["token"], state="success")
                assert status == 200
                self.ended.append(job["id"])
        finally:
            connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> dict[str, Any] | None:
        while True:
            body = {"token": self.token, "system_id": self.system_id, "info": {"features": {}}}
            status, answer = self._send(connection, "POST", "/jobs/request", **body)
            if status == 201:
                job: dict[str, Any] = json.loads(answer)
                return job
            if status == 204:
                return None
            assert status == 409, (status, answer[:500])  # lost to another: ask again at once

    def _send(self, connection: http.client.HTTPConnection, method: str, path: str, **body: Any) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"}
        connection.request(method, f"/api/v4{path}", json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, response.read()


def together(works: list[Callable[[], None]]) -> None:
    """Starts all at the same moment and waits for their end."""
    start = threading.Barrier(len(works))
    failures: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            start.wait(10)
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failures, failures
    assert not any(thread.is_alive() for thread in threads)


def test_each_of_a_hundred_jobs_runs_once_or_is_reported_lost(world: World):
    live = world.live
    world.commit(world.app, {".gitlab-ci.yml": CI_FILE}, by=world.developer)
    made = [live.make("/user/runners", runner_type="project_type", project_id=world.app.id) for _ in range(RUNNERS)]
    runners = [Runner(live, one["token"], f"s_{number}") for number, one in enumerate(made)]
    dead, *alive = runners
    death = threading.Event()
    together([partial(dead.works, death, dies=True), *(partial(one.works, death) for one in alive)])

    taken = Counter(job for one in runners for job in one.taken)
    assert len(taken) == JOBS
    assert set(taken.values()) == {1}, "no job was given out twice"
    assert len(dead.taken) == 1
    assert states(world) == Counter(success=JOBS - 1, running=1)
    assert live.call("GET", f"/projects/{world.app.id}/pipelines/latest").json["status"] == "running"

    let_an_hour_pass(live, dead.taken[0])
    live.manage("housekeeping")
    assert states(world) == Counter(success=JOBS - 1, failed=1)
    lost = live.call("GET", f"/projects/{world.app.id}/jobs/{dead.taken[0]}").json
    assert lost["failure_reason"] == "no_updates_running"
    assert live.call("GET", f"/projects/{world.app.id}/pipelines/latest").json["status"] == "failed"


def let_an_hour_pass(live: LiveServer, job: int) -> None:
    """Nobody waits that long to miss a runner: the row says that it was last heard of a year ago."""
    update = f"UPDATE jobs_job SET touched_at = '{date.today() - timedelta(days=365)} 00:00:00' WHERE id = {job}"  # noqa: DTZ011
    if url := live.env.get("DATABASE_URL"):
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(update)
    else:
        with closing(sqlite3.connect(live.data / "tokenaccess.sqlite3", timeout=20)) as connection, connection:
            connection.execute(update)


def states(world: World) -> Counter[str]:
    address = f"/projects/{world.app.id}/jobs?per_page=100"
    return Counter(job["status"] for page in (1, 2) for job in world.live.call("GET", f"{address}&page={page}").json)
