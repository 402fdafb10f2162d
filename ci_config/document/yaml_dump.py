"""Writes the merged file as YAML: with includes, anchors, `extends` and references resolved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from ci_config.document.scalars import BadScalar, plain_value
from ci_config.document.tree import YamlList, YamlMap
from ci_config.limits import MAX_FILE_CHARACTERS

BASE: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class Dumper(BASE):
    """Writes shared values in full at each place, and multi-line text as literal blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def represent_text(dumper: Any, value: str) -> Any:
    style = "|" if "\n" in value else "'" if reads_otherwise(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def reads_otherwise(text: str) -> bool:
    """Whether Psych would not read the text as text without quotes. PyYAML, which writes it, has other rules."""
    try:
        return plain_value(text) != text
    except BadScalar:
        return True


Dumper.add_representer(str, represent_text)
Dumper.add_representer(YamlMap, yaml.SafeDumper.represent_dict)
Dumper.add_representer(YamlList, yaml.SafeDumper.represent_list)


def merged_yaml(tree: Mapping[str, Any]) -> str | None:
    """The tree as YAML; None if it would be longer than a CI file may be, because shared values are written at each
    place.
    """
    if output_length(tree, {}) > MAX_FILE_CHARACTERS:
        return None
    return str(yaml.dump(tree, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10_000, explicit_start=True))


def output_length(value: Any, known: dict[int, int]) -> int:
    """The approximate length of the output. Each shared value is measured once; the loader has bounded the depth."""
    if not isinstance(value, (dict, list)):
        return len(str(value)) + 2
    if id(value) not in known:
        items = [*value, *value.values()] if isinstance(value, dict) else value
        known[id(value)] = 2 + sum(output_length(item, known) for item in items)
    return known[id(value)]
