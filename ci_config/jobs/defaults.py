"""`default`: keywords that jobs inherit. Parsed once, so that a mistake is reported once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ci_config.document.tree import YamlMap
from ci_config.errors import Location, Problems
from ci_config.keywords.table import DEFAULT_KEYWORDS
from ci_config.keywords.unsupported import UNSUPPORTED_KEYWORDS, refusal
from ci_config.limits import Budget
from ci_config.validators import check_keys, mapping

# These are also allowed at the top level of the file, the older form of `default`.
TOP_LEVEL_DEFAULTS = ("after_script", "before_script", "cache", "image", "services")


@dataclass(frozen=True, slots=True)
class DefaultValue:
    value: Any
    at: Location
    weight: int


def parse_defaults(tree: YamlMap, budget: Budget, problems: Problems) -> dict[str, DefaultValue]:
    """The defaults by keyword, without invalid ones."""
    defaults: dict[str, DefaultValue] = {}
    with problems.collect_errors():
        for keyword, value, at in default_entries(tree):
            with problems.collect_errors():
                if keyword in defaults:
                    raise at.error(f"`{keyword}` stands at the top of the file too; keep it in `default` only.")
                defaults[keyword] = DefaultValue(DEFAULT_KEYWORDS[keyword](value, at), at, budget.weigh(value))
    return defaults


def default_entries(tree: YamlMap) -> list[tuple[str, Any, Location]]:
    entries = [
        (keyword, tree[keyword], Location(tree.marks[keyword], keyword=keyword))
        for keyword in TOP_LEVEL_DEFAULTS
        if keyword in tree
    ]
    if tree.get("default") is not None:
        at = Location(tree.marks["default"], keyword="default")
        section = mapping(tree["default"], at)
        for keyword in UNSUPPORTED_KEYWORDS:
            if keyword in section:
                raise refusal(keyword, section[keyword], at.under(keyword, section.marks[keyword]))
        check_keys(section, at, DEFAULT_KEYWORDS)
        entries += [(keyword, value, at.under(keyword, section.marks[keyword])) for keyword, value in section.items()]
    return [entry for entry in entries if entry[1] is not None]
