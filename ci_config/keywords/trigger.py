"""`trigger`: a pipeline of another project, or a child pipeline of this one."""

from __future__ import annotations

from typing import Any

from ci_config.document.tree import YamlList, YamlMap, plain
from ci_config.errors import Location
from ci_config.includes.entries import parse_entry, repository_path
from ci_config.validators import Validator, boolean, choice, fields, list_of, mapping, name

MAX_CHILD_FILES = 3
PATHS = ("local", "artifact", "file", "template")


def forward(value: Any, at: Location) -> dict[str, bool]:
    return fields(value, at, {"yaml_variables": boolean, "pipeline_variables": boolean})


def child_file(value: Any, at: Location) -> dict[str, Any]:
    """An entry as of `include`, in plain values: `{"local"}`, `{"project", "file", "ref"?}`, `{"artifact", "job"}` …

    Its texts are as written; the variables in them are known when the pipeline starts.
    """
    entry = parse_entry(value, at)
    if "rules" in entry:
        raise at.under("rules").error("a child pipeline has all its files; `rules` of the job itself decide.")
    for key in PATHS:
        for path in entry.get(key, ()) if key == "file" else [entry.get(key)]:
            if path and "$" not in path:
                repository_path(path, at.under(key) if isinstance(value, YamlMap) else at)
    return {key: plain(item) for key, item in entry.items()}


def child_files(value: Any, at: Location) -> list[dict[str, Any]]:
    if isinstance(value, YamlList):
        if not value:
            raise at.error("the list is empty.")
        return list_of(child_file, max_items=MAX_CHILD_FILES)(value, at)
    return [child_file(value, at)]


TRIGGER_KEYS: dict[str, Validator[Any]] = {
    "project": name,
    "branch": name,
    "include": child_files,
    "strategy": choice("depend", "mirror"),
    "forward": forward,
    "inputs": lambda value, at: plain(mapping(value, at)),
}


def trigger(value: Any, at: Location) -> dict[str, Any]:
    if not isinstance(value, YamlMap):
        return {"project": name(value, at), "forward": forward_with_defaults({})}
    spec = fields(value, at, TRIGGER_KEYS)
    if ("project" in spec) == ("include" in spec):
        raise at.error("name either the `project` whose pipeline is to start, or `include` for a child pipeline.")
    if "inputs" in spec and "include" in spec:
        raise at.under("inputs").error("inputs of a child pipeline stand in the entry of `include` for them.")
    if "branch" in spec and "include" in spec:
        raise at.under("branch").error("a child pipeline runs on this pipeline's ref; `branch` goes with `project`.")
    return {**spec, "forward": forward_with_defaults(spec.get("forward", {}))}


def forward_with_defaults(spec: dict[str, bool]) -> dict[str, bool]:
    return {"yaml_variables": True, "pipeline_variables": False, **spec}
