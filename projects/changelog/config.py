"""The file of a repository that says how its changelog looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import re2
import yaml

from projects.changelog.errors import ChangelogError
from projects.repository import NoSuchFile, NoSuchRef, Repository

DEFAULT_PATH = ".gitlab/changelog_config.yml"
MAX_BYTES = 64 * 1024
# Of strftime, but for widths: they would make a title of any length.
_DATE_FORMAT = re2.compile(r"(?:%-?[A-Za-z%]|[^%\n\x00])*")
_NOT_HERE = ("template", "include_groups", "always_credit_user_ids")


@dataclass(frozen=True)
class ChangelogConfig:
    """`date_format`: of strftime. `categories`: value of the trailer → title. `tag_regex`: of versions in tags."""

    date_format: str = "%Y-%m-%d"
    categories: Mapping[str, str] = field(default_factory=dict)
    tag_regex: str = ""


def read_config(repository: Repository, ref: str, path: str) -> ChangelogConfig:
    """The defaults where there is no such file. Raises ChangelogError."""
    try:
        if repository.blob_size(repository.blob_id(ref, path)) > MAX_BYTES:
            raise ChangelogError("The configuration file is too large")
        text = repository.blob(ref, path).decode("utf-8", "replace")
    except (NoSuchFile, NoSuchRef):
        return ChangelogConfig()
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ChangelogError("The configuration file is no valid YAML") from None
    return _config_of(found or {})


def _config_of(found: Any) -> ChangelogConfig:
    if not isinstance(found, dict):
        raise ChangelogError("The configuration file is no mapping")
    for name in _NOT_HERE:
        if found.get(name):
            raise ChangelogError(f"{name} is not supported")
    categories = found.get("categories") or {}
    if not isinstance(categories, dict):
        raise ChangelogError("categories is no mapping")
    texts = {name: found[name] for name in ("date_format", "tag_regex") if found.get(name)}
    for name, value in texts.items():
        if not isinstance(value, str) or len(value) > 1000:
            raise ChangelogError(f"{name} is invalid")
    if not _DATE_FORMAT.fullmatch(texts.get("date_format", "")):
        raise ChangelogError("date_format is invalid")
    return ChangelogConfig(categories={str(key): str(title) for key, title in categories.items()}, **texts)
