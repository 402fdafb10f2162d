"""The header of a file: `spec` with its inputs, in a document of its own before `---`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ci_config.document.tree import YamlMap
from ci_config.errors import Location
from ci_config.inputs.input_spec import InputSpec, input_specs
from ci_config.keywords.variables import scalar
from ci_config.limits import MAX_INPUTS
from ci_config.validators import Validator, check_keys, choice, fields, list_of

COMPONENT_FIELDS = ("name", "sha", "version", "reference")


@dataclass(frozen=True, slots=True)
class Header:
    """`component`: the facts about itself that a component uses. `description`: what the file is for."""

    inputs: Mapping[str, InputSpec] = field(default_factory=dict)
    component: tuple[str, ...] = ()
    description: str = ""


# Reads the entries of `spec: include`: the inputs in those files.
ReadIncludes = Callable[[Any, Location], dict[str, InputSpec]]
HEADER_KEYS: dict[str, Validator[Any]] = {
    "inputs": input_specs,
    "component": list_of(choice(*COMPONENT_FIELDS)),
    "description": scalar,
    "include": lambda value, at: (value, at),
}


def parse_header(document: YamlMap, read_includes: ReadIncludes) -> Header:
    """The header in `document`, whose only keyword is `spec`. Raises Invalid."""
    at = Location(document.mark)
    check_keys(document, at, {"spec": None})
    at = Location(document.marks["spec"], keyword="spec")
    details = {} if document["spec"] is None else fields(document["spec"], at, HEADER_KEYS)
    inputs = dict(details.get("inputs", {}))
    if "include" in details:
        for name, spec in read_includes(*details["include"]).items():
            if name in inputs:
                raise spec.at.error("this input stands in the including file too; keep one of them.")
            inputs[name] = spec
    if len(inputs) > MAX_INPUTS:
        raise at.under("inputs").error(f"a file may have {MAX_INPUTS} inputs, not {len(inputs)}.")
    return Header(inputs, tuple(details.get("component", ())), details.get("description", ""))
