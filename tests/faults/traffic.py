"""What people, jobs and runners ask while something is wrong: requests of every surface, again and again."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.contract.world import Place, Work, World
from tests.support.server import LiveServer

PAUSE = 0.01  # seconds between two requests of one client


@dataclass(frozen=True)
class Request:
    """`expected`: how it is answered while nothing is wrong. `{n}` in the path is another number each time."""

    name: str
    method: str
    path: str
    expected: int
    headers: dict[str, str] = field(default_factory=dict, hash=False)
    body: bytes = b""
    writes: bool = False


@dataclass(frozen=True)
class Outcome:
    """`status`: 0 when there was no answer at all."""

    request: Request
    at: float
    status: int
    retry_after: str = ""
    body: str = ""

    @property
    def is_expected(self) -> bool:
        return self.status == self.request.expected


def requests_of(world: World, work: Work) -> list[Request]:
    """`work`: a running job of `world.app`. The library admits its own jobs only; `open_library` makes one more."""
    person = {"PRIVATE-TOKEN": world.developer.token}
    job = {"JOB-TOKEN": work.token}
    admitted, refusing = open_library(world), world.library
    package = "packages/generic/tool/1.0/tool.bin"
    world.live.call("PUT", f"/projects/{admitted.id}/{package}", b"x" * 3000)
    runner = world.live.make("/user/runners", runner_type="instance_type")["token"]
    query = {"query": f'{{ project(fullPath: "{admitted.path}") {{ name }} }}'}
    asked = json.dumps({"token": runner, "system_id": "s_traffic", "info": {"features": {}}}).encode()
    as_json = {"Content-Type": "application/json"}
    return [
        Request("API", "GET", f"/api/v4/projects/{admitted.id}", 200, person),
        Request("job, admitted", "GET", f"/api/v4/projects/{admitted.id}/{package}", 200, job),
        Request("job, refused", "GET", f"/api/v4/projects/{refusing.id}/{package}", 404, job),
        Request("own job", "GET", "/api/v4/job", 200, job),
        Request("page", "GET", "/explore/projects", 200),
        Request("git", "GET", f"/{admitted.path}.git/info/refs?service=git-upload-pack", 401),
        Request("graphql", "POST", "/api/graphql", 200, person | as_json, json.dumps(query).encode()),
        Request("job request", "POST", "/api/v4/jobs/request", 204, as_json, asked, writes=True),
        Request(
            "upload",
            "PUT",
            f"/api/v4/projects/{admitted.id}/packages/generic/many/1.{{n}}/file.bin",
            201,
            person,
            b"x" * 20_000,
            writes=True,
        ),
    ]


def open_library(world: World) -> Place:
    """A project whose allowlist has the group of the app."""
    made = world.project("open")
    world.live.make(f"/projects/{made.id}/job_token_scope/groups_allowlist", target_group_id=world.group.id)
    world.live.make(f"/projects/{made.id}/members", user_id=world.developer.id, access_level=30)
    return made


class Traffic:
    """From threads of this process until the end of the block."""

    def __init__(self, live: LiveServer, requests: Sequence[Request], *, clients: int = 4) -> None:
        self._host = live.host
        self._requests = requests
        self._numbers = itertools.count(1)
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask_on, args=(first,)) for first in range(clients)]
        self.outcomes: list[Outcome] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def since(self, began: float) -> list[Outcome]:
        return [outcome for outcome in list(self.outcomes) if outcome.at >= began]

    def wait_until_calm(self, seconds: float, *, rounds: int = 3) -> bool:
        """Whether within that time every kind of request is answered as expected, `rounds` times one after the other
        by each client."""
        until, wanted = time.monotonic() + seconds, rounds * len(self._requests) * len(self._threads)
        while time.monotonic() < until:
            last = self.outcomes[-wanted:]
            if len(last) == wanted and all(outcome.is_expected for outcome in last):
                return True
            time.sleep(0.1)
        return False

    def _ask_on(self, first: int) -> None:
        for request in itertools.islice(itertools.cycle(self._requests), first, None):
            if self._ended.is_set():
                return
            self.outcomes.append(ask(self._host, request, next(self._numbers)))
            time.sleep(PAUSE)


def ask(host: str, request: Request, number: int = 0) -> Outcome:
    began = time.monotonic()
    connection = http.client.HTTPConnection(host, timeout=60)
    try:
        connection.request(request.method, request.path.format(n=number), request.body, request.headers)
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
        return Outcome(request, began, answer.status, answer.headers.get("Retry-After", ""), body)
    except (OSError, http.client.HTTPException) as error:
        return Outcome(request, began, 0, body=repr(error))
    finally:
        connection.close()


def examples(outcomes: Sequence[Outcome]) -> list[str]:
    return [f"{outcome.request.name}: {outcome.status} {outcome.body[:200]}" for outcome in outcomes[:5]]


def count(outcomes: Sequence[Outcome]) -> dict[str, dict[int, int]]:
    """Name of the request → status → how often."""
    names = {outcome.request.name for outcome in outcomes}
    return {
        name: dict(sorted(Counter(outcome.status for outcome in outcomes if outcome.request.name == name).items()))
        for name in sorted(names)
    }
