"""`default`: what jobs inherit when they do not say it themselves. Read once, so that a mistake is told once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.config.errors import Place, Problems
from jobs.config.keywords.table import DEFAULT, LATER
from jobs.config.limits import Budget
from jobs.config.shapes import a_map, check_keys
from jobs.config.tree import Map

# These may also stand at the top of the file, as they did before there was `default`.
OLD_FORM = ("after_script", "before_script", "cache", "image", "services")


@dataclass(frozen=True, slots=True)
class Default:
    value: Any
    at: Place
    weight: int


def read_defaults(tree: Map, budget: Budget, problems: Problems) -> dict[str, Default]:
    """By keyword; those that are wrong are missing."""
    found: dict[str, Default] = {}
    with problems.noted():
        for keyword, value, at in given(tree):
            with problems.noted():
                if keyword in found:
                    raise at.wrong(f"`{keyword}` stands at the top of the file too; keep it in `default` only.")
                found[keyword] = Default(DEFAULT[keyword](value, at), at, budget.weigh(value))
    return found


def given(tree: Map) -> list[tuple[str, Any, Place]]:
    entries = [
        (keyword, tree[keyword], Place(tree.marks[keyword], keyword=keyword)) for keyword in OLD_FORM if keyword in tree
    ]
    if tree.get("default") is not None:
        at = Place(tree.marks["default"], keyword="default")
        section = a_map(tree["default"], at)
        check_keys(section, at, DEFAULT, LATER)
        entries += [(keyword, value, at.under(keyword, section.marks[keyword])) for keyword, value in section.items()]
    return [entry for entry in entries if entry[1] is not None]
