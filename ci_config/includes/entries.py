"""The entries of `include`, and of `trigger: include`: what they may say."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from ci_config import limits
from ci_config.conditions.rules import INCLUDE_RULE, rule_list
from ci_config.document.loader import encoding_problem
from ci_config.document.tree import YamlList, YamlMap
from ci_config.durations import seconds
from ci_config.errors import Location, describe, quote
from ci_config.validators import Validator, fields, list_of, mapping, name, text

KINDS = "`local`, `project` with `file`, `component`, `remote` or `template`"
SHA256_LENGTH = 32
# The keywords that go together, by the one that tells what kind of entry it is.
COMPANIONS: dict[str, tuple[set[str], set[str]]] = {  # required, optional
    "local": (set(), set()),
    "project": ({"file"}, {"ref"}),
    "component": (set(), set()),
    "remote": (set(), {"integrity", "cache"}),
    "template": (set(), set()),
    "artifact": ({"job"}, set()),
}
OPTIONS = {"rules", "inputs"}
MIN_CACHE = 60  # seconds


def cache(value: Any, at: Location) -> bool | str:
    """Whether a file of another server may be kept, or for how long."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or (seconds(value) or 0) < MIN_CACHE:
        raise at.error(f"{describe(value)} should be true, false or a duration of at least a minute, such as “1 day”.")
    return value


def integrity(value: Any, at: Location) -> str:
    """`sha256-` and the digest of the file in Base64."""
    kind, _, digest = text(value, at).partition("-")
    try:
        length = len(b64decode(digest, validate=True))
    except ValueError:
        length = 0
    if kind != "sha256" or length != SHA256_LENGTH:
        raise at.error(f"{quote(value)} should be `sha256-` and the Base64 of the file's SHA-256.")
    return str(value)


INCLUDE_KEYS: dict[str, Validator[Any]] = {
    "local": text,
    "project": name,
    "ref": name,
    "file": list_of(text, single=True, max_items=limits.MAX_INCLUDES),
    "component": text,
    "remote": text,
    "integrity": integrity,
    "cache": cache,
    "template": text,
    "artifact": text,
    "job": name,
    "inputs": mapping,
    "rules": rule_list(INCLUDE_RULE),
}


def entries(value: Any, at: Location) -> list[tuple[Any, Location]]:
    if isinstance(value, YamlList):
        return [(item, at.on(mark)) for item, mark in zip(value, value.marks, strict=True) if item is not None]
    return [] if value is None else [(value, at)]


def parse_entry(entry: Any, at: Location) -> dict[str, Any]:
    """The keywords of an entry; a plain text is a path or an address. Raises Invalid."""
    if isinstance(entry, str):
        return {"remote" if is_address(entry) else "local": text(entry, at)}
    if not isinstance(entry, YamlMap):
        raise at.error(f"{describe(entry)} should be a path, or a map with {KINDS}.")
    spec = fields(entry, at, INCLUDE_KEYS)
    check_companions(set(spec) - OPTIONS, at)
    return spec


def check_companions(keys: set[str], at: Location) -> None:
    """Raise Invalid if the keywords do not name one file, or several of one project."""
    kinds = keys & COMPANIONS.keys()
    if len(kinds) != 1:
        raise at.error(f"name either {KINDS}.")
    kind = next(iter(kinds))
    required, optional = COMPANIONS[kind]
    if missing := required - keys:
        raise at.error(f"`{kind}` goes with `{missing.pop()}`; name either {KINDS}.")
    if extra := keys - {kind} - required - optional:
        raise at.error(f"`{min(extra)}` does not go with `{kind}`; name either {KINDS}.")


def is_address(path: str) -> bool:
    return path.startswith(("http://", "https://"))


def repository_path(path: str, at: Location) -> str:
    """The path from the top of the repository, without leading slash."""
    cleaned = path.removeprefix("/").removeprefix("./")
    if ".." in cleaned.split("/") or encoding_problem(cleaned):
        raise at.error(f"{quote(path)} should be a path from the top of the repository, without `..`.")
    if "*" not in cleaned and not cleaned.lower().endswith((".yml", ".yaml")):
        raise at.error(f"{quote(path)} should end in .yml or .yaml.")
    return cleaned
