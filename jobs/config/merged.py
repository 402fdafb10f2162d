"""The file as one: includes, anchors, `extends` and references filled in, written as YAML again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from jobs.config.limits import FILE_CHARACTERS
from jobs.config.tree import Map, Seq

BASE: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class Dumper(BASE):
    """Writes shared values out wherever they stand, and scripts of several lines as lines."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def text(dumper: Any, value: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


Dumper.add_representer(str, text)
Dumper.add_representer(Map, yaml.SafeDumper.represent_dict)
Dumper.add_representer(Seq, yaml.SafeDumper.represent_list)


def merged_yaml(tree: Mapping[str, Any]) -> str | None:
    """None when it would be longer than a file may be: what is shared here would be written again each time."""
    if characters(tree, {}) > FILE_CHARACTERS:
        return None
    return str(yaml.dump(tree, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10_000, explicit_start=True))


def characters(value: Any, known: dict[int, int]) -> int:
    """About how long it is written out, each shared value measured once; the loader has bounded how deep it nests."""
    if not isinstance(value, (dict, list)):
        return len(str(value)) + 2
    if id(value) not in known:
        items = [*value, *value.values()] if isinstance(value, dict) else value
        known[id(value)] = 2 + sum(characters(item, known) for item in items)
    return known[id(value)]
