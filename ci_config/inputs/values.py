"""The values of a file's inputs: what was given, and for the rest the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ci_config.document.tree import YamlList, YamlMap
from ci_config.errors import Invalid, Location, Mark, Problems, comma_list, quote, suggestion
from ci_config.inputs.input_spec import InputSpec
from ci_config.limits import MAX_DEPTH, MAX_PIPELINE_INPUTS


@dataclass(frozen=True, slots=True)
class GivenInputs:
    """Values for the inputs of one file. `at`: who gives them; None: whoever starts the pipeline, in whose requests
    numbers and lists may be texts."""

    values: Mapping[str, Any]
    at: Location | None = None

    def location(self, spec: InputSpec) -> Location:
        """Where the value of an input was given."""
        if self.at is None or not isinstance(self.values, YamlMap):
            return spec.at
        return self.at.under(spec.name, self.values.marks.get(spec.name))


def input_values(
    specs: Mapping[str, InputSpec], given: GivenInputs, file: str, problems: Problems
) -> dict[str, Any] | None:
    """The values by name. Mistakes go to `problems`; the result is then None. `file`: its name, for messages."""
    before = problems.count
    for name in given.values:
        if name not in specs:
            problems.add(unknown_input(name, specs, given, file))
    values: dict[str, Any] = {}
    for spec in in_order(specs):
        with problems.collect_errors():
            values[spec.name] = input_value(spec, values, given)
    return values if problems.count == before else None


def input_value(spec: InputSpec, others: Mapping[str, Any], given: GivenInputs) -> Any:
    choice = spec.choice(others)
    value = given.values.get(spec.name)
    if given.at is None:
        value = to_tree(spec.from_text(value), spec.at.mark)
    if value is not None:
        return spec.check(value, choice.options, given.location(spec))
    if choice.is_required:
        raise (given.at or spec.at).error(
            f"the input {quote(spec.name)} has no default, so `inputs` has to give its value."
            if given.at
            else "this input has no default, and whoever starts the pipeline has to give it."
        )
    return choice.default


def in_order(specs: Mapping[str, InputSpec]) -> list[InputSpec]:
    """The inputs, each after those that its rules look at. Raises Invalid if they look at each other."""
    graph = {name: sorted(spec.needs) for name, spec in specs.items()}
    for name, spec in specs.items():
        if missing := [each for each in graph[name] if each not in specs]:
            raise spec.at.under("rules").error(
                f"there is no input {quote(missing[0])}{suggestion(missing[0], list(specs)) or '.'}"
            )
    try:
        return [specs[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        raise (
            specs[error.args[1][0]]
            .at.under("rules")
            .error(f"the rules of inputs look at each other in a circle: {comma_list(error.args[1])}.")
        ) from None


def unknown_input(name: str, specs: Mapping[str, InputSpec], given: GivenInputs, file: str) -> Invalid:
    known = suggestion(str(name), list(specs)) or (f"; it has: {comma_list(list(specs))}." if specs else ".")
    if given.at is None:
        return Invalid(f"The CI file has no input {quote(name)}{known}")
    where = quote(file) if file else "the file"
    return given.at.under(str(name)).error(f"{where} has no input of this name{known}")


def check_count(values: Mapping[str, Any]) -> None:
    """Raise Invalid if a request gives more inputs than a pipeline takes."""
    if len(values) > MAX_PIPELINE_INPUTS:
        raise Invalid(f"A pipeline takes at most {MAX_PIPELINE_INPUTS} inputs, not {len(values)}.")


def to_tree(value: Any, mark: Mark, depth: int = 0) -> Any:
    """Lists and maps of a request as those of a file, all in the line `mark`. Raises Invalid if they nest too deep."""
    if not isinstance(value, (list, dict)) or isinstance(value, (YamlList, YamlMap)):
        return value
    if depth > MAX_DEPTH:
        raise Location(mark).error(f"the value has lists in each other deeper than {MAX_DEPTH} levels.")
    if isinstance(value, list):
        items = YamlList(mark)
        for item in value:
            items.put(to_tree(item, mark, depth + 1), mark)
        return items
    entries = YamlMap(mark)
    for key, item in value.items():
        entries.put(str(key), to_tree(item, mark, depth + 1), mark)
    return entries
