"""`cache`: handed to the runner, which keeps it. A key made of files is settled here, from what they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from jobs.config.errors import Place
from jobs.config.shapes import Reader, boolean, choice, fields, list_of, name, text, words
from jobs.config.tree import Map, Seq

MOST = 4
POLICIES = ("pull-push", "pull", "push")


def key(value: Any, at: Place) -> str | dict[str, Any]:
    if isinstance(value, Map):
        return fields(value, at, {"files": list_of(text, most=2), "prefix": name}, required=["files"])
    checked = name(value, at)
    if "/" in checked or not checked.strip("."):
        raise at.wrong("a key may not hold a slash, or be made of dots alone.")
    return checked


def policy(value: Any, at: Place) -> str:
    """Or a variable, which the runner fills in."""
    return value if isinstance(value, str) and value.startswith("$") else choice(*POLICIES)(value, at)


CACHE: dict[str, Reader[Any]] = {
    "key": key,
    "paths": words,
    "untracked": boolean,
    "policy": policy,
    "when": choice("on_success", "on_failure", "always"),
    "fallback_keys": list_of(text, most=5),
    "unprotect": boolean,
}

DEFAULTS = {"untracked": False, "policy": "pull-push", "paths": [], "when": "on_success", "fallback_keys": []}


def read(value: Any, at: Place) -> list[dict[str, Any]]:
    """A list; `{}` and `[]` mean no cache."""
    found = list_of(one, most=MOST)(value, at) if isinstance(value, Seq) else [one(value, at)]
    return [cache for cache in found if cache]


def one(value: Any, at: Place) -> dict[str, Any]:
    return fields(value, at, CACHE)


def settled(cache: dict[str, Any], read_local: Callable[[str], str | None]) -> dict[str, Any]:
    """With a text for its key, and every field the runner knows (runner.md §2.4). The key of files changes with what
    they hold; when none of them is there, it is `default`."""
    found = cache.get("key", "default")
    if isinstance(found, dict):
        contents = [content for path in found["files"] if (content := read_local(path)) is not None]
        digest = hashlib.sha256("\0".join(contents).encode("utf-8", "replace")).hexdigest()[:40]
        found = "-".join(part for part in (found.get("prefix"), digest if contents else "default") if part)
    return {**DEFAULTS, **cache, "key": found}
