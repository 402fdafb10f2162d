"""The shop's file with one part replaced by nonsense: each time a pipeline or clear sentences, never anything else."""

import copy
import json
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import yaml

import ci_config

pytestmark = pytest.mark.pure
SHOP = Path(__file__).parent / "shop"
NONSENSE: list[Any] = [
    None, True, 0, -1, 10**40, 1.5, "", "x", "$A", "a\nb", "é" * 300, [], {}, [[]], [{}], {"a": {"b": [1]}}, {"": None},
    [None], "/(/", "../x", "**", "{", "[", ["lint", "deploy"], [{"if": "$A =~ $B"}], {"matrix": [{"A": [1, 1]}]},
    {"<<": 1}, {"include": "a.yml"},
]  # fmt: skip


class Loader(yaml.SafeLoader):
    """Leaves references out."""


Loader.add_constructor("!reference", lambda loader, node: "make")
WHOLE = yaml.load((SHOP / "gitlab-ci.yml").read_text(), Loader)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        yield from paths(item, (*path, key))


def with_nonsense_at(path: tuple[Any, ...], nonsense: Any) -> str:
    whole = copy.deepcopy(WHOLE)
    part = whole
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = nonsense
    return json.dumps(whole)


def outcome(text: str) -> list[str]:
    try:
        result = ci_config.compile(
            text,
            variables={"A": "a", "B": "b"},
            predefined={"CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"},
            read_local=lambda path: (SHOP / path).read_text() if (SHOP / path).is_file() else None,
            read_project=lambda project, ref, path: (SHOP / "deploy.yml").read_text(),
            list_files=lambda: ["front/package.json", "ci/front/build.yml"],
        )
    except ci_config.ConfigError as error:
        return error.messages
    json.dumps([job.as_dict() for job in result.jobs])
    return ["A pipeline."]


def test_any_wreck_is_a_pipeline_or_clear_sentences():
    kinds = cycle(NONSENSE)
    for path in paths(WHOLE):
        for _ in range(3):
            nonsense = next(kinds)
            messages = outcome(with_nonsense_at(path, nonsense))
            assert messages, (path, nonsense)
            assert all(message.endswith((".", "?")) and "\n" not in message for message in messages), (path, messages)
