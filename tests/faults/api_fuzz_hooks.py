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

WORLD = json.loads(os.environ["FUZZ_WORLD"])
# Whole projects and groups: what is deleted, moved or archived of these is none of the demo world.
ROOTS = {"/api/v4/projects/{project}": "projects", "/api/v4/groups/{group}": "groups"}
ENDS = ("/archive", "/unarchive", "/transfer")
# The server in front refuses longer requests by itself, in no words of the API's.
MAX_LENGTH = 4000
KNOWN = 0.95  # of the parameters in paths
RANDOM = random.Random(0)  # hypothesis seeds Python's own anew for each example
statuses: Counter[int] = Counter()


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Short enough for an HTTP server."""
    return sum(len(str(part)) for part in (case.path_parameters, case.query, case.headers)) < MAX_LENGTH


@schemathesis.hook
def map_case(context: Any, case: Any) -> Any:
    """Most requests should come to more than that there is no such project."""
    path = case.operation.path
    for name in case.path_parameters or {}:
        if name in WORLD["path_values"] and RANDOM.random() < KNOWN:
            case.path_parameters[name] = RANDOM.choice(WORLD["path_values"][name])
    root = path if case.method == "DELETE" else path.removesuffix(path[path.rindex("/") :])
    if root in ROOTS and (case.method == "DELETE" or path.endswith(ENDS)):
        case.path_parameters = dict.fromkeys(case.path_parameters, _next_of(ROOTS[root]))
    for name, value in (case.path_parameters or {}).items():
        if case.method != "GET" and str(value) in _own(name):
            case.path_parameters[name] = 0
    return case


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """A token that is to revoke or rotate itself is one that may go."""
    may_go = "/self" in case.operation.path and case.method != "GET"
    token = _next_of("tokens") if may_go else WORLD["token"]
    case.headers = {**(case.headers or {}), "PRIVATE-TOKEN": token}


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    statuses[response.status_code] += 1


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
