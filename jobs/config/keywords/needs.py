"""`needs` and `dependencies`: which jobs to wait for, and whose artifacts to take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.config.errors import Place, described
from jobs.config.keywords.parallel import Instance, matrix
from jobs.config.limits import NEEDS
from jobs.config.shapes import boolean, fields, flat, list_of, name
from jobs.config.tree import Map, Seq


@dataclass(frozen=True, slots=True)
class Wanted:
    """One entry of `needs`, before the pipeline's jobs are known."""

    at: Place
    job: str
    artifacts: bool = True
    optional: bool = False
    instances: tuple[Instance, ...] | None = None  # of a parallel job; None: all


def read(value: Any, at: Place) -> list[Wanted]:
    if not isinstance(value, Seq):
        raise at.wrong(f"{described(value)} should be a list of jobs; `[]` starts the job at once.")
    entries = flat(value, at)
    if len(entries) > NEEDS:
        raise at.wrong(f"the list has {len(entries)} entries; {NEEDS} are allowed.")
    return [wanted(item, place) for item, place in entries]


def wanted(value: Any, at: Place) -> Wanted:
    if not isinstance(value, Map):
        return Wanted(at, name(value, at))
    table = {"job": name, "artifacts": boolean, "optional": boolean, "parallel": chosen}
    found = fields(value, at, table, required=["job"], later=["project", "pipeline", "ref"])
    return Wanted(at, found["job"], found.get("artifacts", True), found.get("optional", False), found.get("parallel"))


def chosen(value: Any, at: Place) -> tuple[Instance, ...]:
    return tuple(fields(value, at, {"matrix": matrix}, required=["matrix"])["matrix"])


def dependencies(value: Any, at: Place) -> list[str]:
    return list_of(name, most=10 * NEEDS)(value, at)
