"""`cache`: passed on to the runner. A key that depends on files is computed here, from their content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from ci_config.document.tree import YamlList, YamlMap
from ci_config.errors import Location
from ci_config.validators import Validator, boolean, choice, fields, list_of, name, text, text_list

MAX_CACHES = 4
POLICIES = ("pull-push", "pull", "push")
FILES = list_of(text, max_items=2)
BY_CONTENT = "the key changes with the content of the files here, and not with each commit that touches them."


def cache_key(value: Any, at: Location) -> str | dict[str, Any]:
    if isinstance(value, YamlMap):
        return file_key(value, at)
    text_key = name(value, at)
    if "/" in unquote(text_key) or not unquote(text_key).strip("."):
        raise at.error("a key may not hold a slash, or be made of dots alone, not even as %2F or %2E.")
    return text_key


def file_key(value: YamlMap, at: Location) -> dict[str, Any]:
    """A key of files; `by_commits` if the file asks for one of the commits that changed them last."""
    table: dict[str, Validator[Any]] = {"files": FILES, "files_commits": FILES, "prefix": name}
    key = fields(value, at, table)
    if ("files" in key) == ("files_commits" in key):
        raise at.error("files is missing." if "files" not in key else "`files` and `files_commits` exclude each other.")
    if "files_commits" in key:
        return {"files": key.pop("files_commits"), **key, "by_commits": True}
    return key


def cache_policy(value: Any, at: Location) -> str:
    """A policy, or a variable that the runner expands."""
    return value if isinstance(value, str) and value.startswith("$") else choice(*POLICIES)(value, at)


CACHE_KEYS: dict[str, Validator[Any]] = {
    "key": cache_key,
    "paths": text_list,
    "untracked": boolean,
    "policy": cache_policy,
    "when": choice("on_success", "on_failure", "always"),
    "fallback_keys": list_of(text, max_items=5),
    "unprotect": boolean,
}

DEFAULTS = {"untracked": False, "policy": "pull-push", "paths": [], "when": "on_success", "fallback_keys": []}


def caches(value: Any, at: Location) -> list[dict[str, Any]]:
    """A list of caches; `{}` and `[]` mean none."""
    if not isinstance(value, YamlList):
        return [single] if (single := cache(value, at)) else []
    return [entry for entry in list_of(cache, max_items=MAX_CACHES, nested=True)(value, at) if entry]


def cache(value: Any, at: Location) -> dict[str, Any]:
    return fields(value, at, CACHE_KEYS)


def runner_cache(cache: dict[str, Any], read_local: Callable[[str], str | None]) -> dict[str, Any]:
    """The cache with a text as its key, and all fields that the runner expects (runner.md §2.4).

    A key of files changes with their content; if none of them exists, it is `default`.
    """
    key = cache.get("key", "default")
    if isinstance(key, dict):
        contents = [content for path in key["files"] if (content := read_local(path)) is not None]
        digest = hashlib.sha256("\0".join(contents).encode("utf-8", "replace")).hexdigest()[:40]
        key = "-".join(part for part in (key.get("prefix"), digest if contents else "default") if part)
    return {**DEFAULTS, **cache, "key": key}
