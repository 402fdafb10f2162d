"""Who is asking. A job is not a person: the person behind it is a fact about the job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Nobody in particular: no credential was presented, or one the route does not take."""


@dataclass(frozen=True, slots=True)
class Impostor:
    """A credential was presented and is worth nothing: unknown, malformed, or of a kind that is gone."""


class Person(NamedTuple):
    """`scopes` is what the personal token in use may be used for; None for a session, which has no such limit."""

    id: int
    username: str
    admin: bool = False
    external: bool = False
    active: bool = True
    scopes: frozenset[str] | None = None


class Job(NamedTuple):
    """A job token's job, alive or not. `person` is None when the account behind the job is gone."""

    id: int
    project_id: int
    project_path: str
    status: str
    erased: bool
    project_gone: bool
    person: Person | None


@dataclass(frozen=True, slots=True)
class Runner:
    id: int


Caller = Anonymous | Impostor | Person | Job | Runner
