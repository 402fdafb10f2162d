"""Variables that earlier jobs handed on in dotenv reports. Their values are final: a `$` in them means nothing."""

from __future__ import annotations

from collections.abc import Iterable

from jobs.artifacts.dependencies import Dependency
from jobs.variables.value import Variable


def of_dependencies(dependencies: Iterable[Dependency]) -> list[Variable]:
    return [
        Variable(one["key"], one["value"], public=False, raw=True)
        for dependency in dependencies
        for one in dependency.variables
    ]
