"""Variables from the dotenv reports of earlier jobs. Their values are final: a `$` in them is not expanded."""

from __future__ import annotations

from collections.abc import Iterable

from jobs.artifacts.dependencies import Dependency
from jobs.variables.value import Variable


def dependency_variables(dependencies: Iterable[Dependency]) -> list[Variable]:
    return [
        Variable(variable["key"], variable["value"], public=False, raw=True)
        for dependency in dependencies
        for variable in dependency.variables
    ]
