"""`trigger`: a pipeline of another project, or a child pipeline of this one."""

from __future__ import annotations

from typing import Any

from jobs.config.errors import Place
from jobs.config.includes import path_of, within
from jobs.config.shapes import Reader, boolean, choice, fields, list_of, name, text
from jobs.config.tree import Map, Seq

MOST_INCLUDES = 3


def forward(value: Any, at: Place) -> dict[str, bool]:
    return fields(value, at, {"yaml_variables": boolean, "pipeline_variables": boolean})


def child_file(value: Any, at: Place) -> dict[str, str]:
    """{"local"} or {"project", "file", "ref"?}: what `include` of the child's own file would hold."""
    if not isinstance(value, Map):
        return {"local": path(value, at)}
    table = {"local": path, "project": name, "file": path, "ref": name}
    later = ["artifact", "job", "template", "remote", "component", "inputs"]
    found = fields(value, at, table, later=later)
    if set(found) not in ({"local"}, {"project", "file"}, {"project", "file", "ref"}):
        raise at.wrong("name either `local`, or `project` and `file`, with or without `ref`.")
    return found


def path(value: Any, at: Place) -> str:
    """As written. With a variable in it, it is judged when the pipeline is started."""
    if "$" not in text(value, at):
        within(value, at)
        path_of(value, at)
    return str(value)


def child_files(value: Any, at: Place) -> list[dict[str, str]]:
    if isinstance(value, Seq):
        if not value:
            raise at.wrong("the list is empty.")
        return list_of(child_file, most=MOST_INCLUDES)(value, at)
    return [child_file(value, at)]


TRIGGER: dict[str, Reader[Any]] = {
    "project": name,
    "branch": name,
    "include": child_files,
    "strategy": choice("depend"),
    "forward": forward,
}


def read(value: Any, at: Place) -> dict[str, Any]:
    if not isinstance(value, Map):
        return {"project": name(value, at), "forward": forwarded({})}
    found = fields(value, at, TRIGGER, later=["inputs"])
    if ("project" in found) == ("include" in found):
        raise at.wrong("name either the `project` whose pipeline is to start, or `include` for a child pipeline.")
    if "branch" in found and "include" in found:
        raise at.under("branch").wrong("a child pipeline runs on this pipeline's ref; `branch` goes with `project`.")
    return {**found, "forward": forwarded(found.get("forward", {}))}


def forwarded(given: dict[str, bool]) -> dict[str, bool]:
    return {"yaml_variables": True, "pipeline_variables": False, **given}
