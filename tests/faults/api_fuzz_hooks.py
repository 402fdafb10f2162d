"""Hooks of schemathesis: what would end the run before its other requests are made is asked of what may go instead."""

from __future__ import annotations

import atexit
import json
import os
import random
import sys
from collections import Counter
from typing import Any

import schemathesis
from api_fuzz_words import Words  # type: ignore[import-not-found]  # beside this file, as schemathesis loads it

WORLD = json.loads(os.environ["FUZZ_WORLD"])
# Whole projects and groups: what is deleted, moved or archived of these is none of the demo world.
ROOTS = {"/api/v4/projects/{project}": "projects", "/api/v4/groups/{group}": "groups"}
ENDS = ("/archive", "/unarchive", "/transfer")
# The server in front refuses longer requests by itself, in no words of the API's.
MAX_LENGTH = 4000
KNOWN = 0.95  # of the parameters in paths
SUCCESSFUL = 0.6  # of the bodies and queries of which is known what leads to a success
RANDOM = random.Random(0)  # hypothesis seeds Python's own anew for each example
WORDS = Words(WORLD["words"], first=1000)
statuses: Counter[int] = Counter()
asked: set[str] = set()
successes: set[str] = set()


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Short enough for an HTTP server."""
    return sum(len(str(part)) for part in (case.path_parameters, case.query, case.headers)) < MAX_LENGTH


@schemathesis.hook
def map_case(context: Any, case: Any) -> Any:
    """Most requests should come to more than that there is no such project."""
    path = case.operation.path
    for name in case.path_parameters or {}:
        values = WORLD["rows"].get(path.partition(f"/{{{name}}}")[0]) or WORLD["path_values"].get(name)
        if values and RANDOM.random() < KNOWN:
            case.path_parameters[name] = RANDOM.choice(values)
    body, query = (WORLD[kind].get(f"{case.method} {path}") for kind in ("bodies", "queries"))
    if body and isinstance(case.body, dict) and RANDOM.random() < SUCCESSFUL:
        case.body = WORDS.fill(body)
    if (query or case.method == "GET") and RANDOM.random() < SUCCESSFUL:
        case.query = WORDS.fill(query or {})
    root = path if case.method == "DELETE" else path.removesuffix(path[path.rindex("/") :])
    if root in ROOTS and (case.method == "DELETE" or path.endswith(ENDS)):
        case.path_parameters = dict.fromkeys(case.path_parameters, _next_of(ROOTS[root]))
    for name, value in (case.path_parameters or {}).items():
        if case.method != "GET" and str(value) in _own(name):
            case.path_parameters[name] = 0
    return case


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """A token that is to revoke or rotate itself is one that may go; jobs come with their own."""
    path = case.operation.path
    if path in WORLD["of_jobs"] or path.startswith(tuple(f"{of}/" for of in WORLD["of_jobs"])):
        case.headers = {**(case.headers or {}), "JOB-TOKEN": WORLD["job_token"]}
        return
    may_go = "/self" in path and case.method != "GET"
    token = _next_of("tokens") if may_go else WORLD["token"]
    case.headers = {**(case.headers or {}), "PRIVATE-TOKEN": token}


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    statuses[response.status_code] += 1
    asked.add(case.operation.label)
    if response.status_code < 300:
        successes.add(case.operation.label)


def _own(name: str) -> set[str]:
    """What the run itself needs: the administrator and the token that it signs in with."""
    return {"user_id": {WORLD["own_user"], "root"}, "user": {WORLD["own_user"], "root"},
            "token_id": {WORLD["own_token"]}}.get(name, set())  # fmt: skip


def _next_of(kind: str) -> Any:
    WORLD[kind].append(WORLD[kind].pop(0))
    return WORLD[kind][-1]


@atexit.register
def tell() -> None:
    sys.stderr.write("".join(f"{status}: {count} answers\n" for status, count in sorted(statuses.items())))
    never = sorted(asked - successes)
    sys.stderr.write("".join(f"never done: {label}\n" for label in never))
    sys.stderr.write(f"{len(successes)} of {len(asked)} operations were done at least once\n")
