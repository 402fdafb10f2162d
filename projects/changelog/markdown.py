"""A version's section, and its place in the file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import re2
from semver import Version

from projects.changelog.commits import Entry
from projects.changelog.config import ChangelogConfig
from projects.changelog.versions import NUMBERS, parse_version

_HEADING = re2.compile(rf"##\s+({NUMBERS})")


def section(version: Version, at: datetime, entries: Iterable[Entry], config: ChangelogConfig, commit_url: str) -> str:
    """`commit_url`: the address of a commit without its id. Categories in the order in which they come."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(config.categories.get(entry.category, entry.category), []).append(entry)
    blocks = [f"## {version} ({at.strftime(config.date_format)})"]
    for title, group in groups.items():
        count = f"{len(group)} change" + ("" if len(group) == 1 else "s")
        lines = "\n".join(f"- [{entry.title}]({commit_url}{entry.sha})" for entry in group)
        blocks += [f"### {title} ({count})", lines]
    return "\n\n".join(blocks if groups else [*blocks, "No changes."]) + "\n"


def insert(text: str, version: Version, new: str) -> str:
    """`text` with the section before the first one of a lower version, or at the end."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        match = _HEADING.match(line)
        known = parse_version(match[1]) if match else None
        if known is not None and known <= version:
            return "".join(lines[:number]) + f"{new}\n" + "".join(lines[number:])
    return f"{text.rstrip()}\n\n{new}" if text.strip() else new
