"""Sources as CSV and as YAML, line by line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import yaml

from tokenaccess.sources.rows import SourceRow

# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

# Named as in the API.
FIELDS: dict[str, Callable[[SourceRow], Any]] = {
    "kind": lambda row: str(row.kind),
    "id": lambda row: row.public_id,
    "path": lambda row: row.path or None,
    "entry": lambda row: row.match,
    "group_path": lambda row: row.through_path or None,
    "inherited_from": lambda row: row.inherited_from or None,
    "default_permissions": lambda row: row.default_permissions,
    "permissions": lambda row: row.permissions,
    "state": lambda row: row.state_name,
    "reason": lambda row: row.reason,
    "added_by": lambda row: row.added_by,
    "added_at": lambda row: _utc(row.added_at),
    "owner": lambda row: row.owner,
    "expires_at": lambda row: None if row.expires_at is None else row.expires_at.isoformat(),
    "last_used_at": lambda row: _utc(row.last_used),
    "used": lambda row: row.used_names,
    "uses": lambda row: row.uses,
    "refusals": lambda row: row.refusals,
    "project_count": lambda row: row.project_count,
    "recent_sources": lambda row: row.recent_sources,
}


class _Line:
    """What csv.writer writes into: `write` returns the line."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[SourceRow]) -> Iterator[str]:
    """Beginning with the names of FIELDS; several words in a cell are separated by spaces."""
    writer = csv.writer(_Line(), lineterminator="\n")
    yield writer.writerow(FIELDS)
    for row in rows:
        yield writer.writerow([csv_cell(read(row)) for read in FIELDS.values()])


def yaml_items(project_path: str, rows: Iterable[SourceRow]) -> Iterator[str]:
    """`project` and `sources`. A source is named as in a rules file (docs/rules-as-code.md): `project:` or `group:`
    with its path, `permissions` unless the user's role decides; what is unknown is left out."""
    yield yaml.safe_dump({"project": project_path}, allow_unicode=True)
    any_row = False
    for row in rows:
        yield "sources:\n" if not any_row else ""
        any_row = True
        yield yaml.safe_dump([_item(row)], sort_keys=False, allow_unicode=True)
    if not any_row:
        yield "sources: []\n"


def _item(row: SourceRow) -> dict[str, Any]:
    known = {name: value for name, read in FIELDS.items() if (value := read(row)) not in (None, "", [])}
    rest = {name: value for name, value in known.items() if name not in {"kind", "path", "default_permissions"}}
    return {
        str(row.kind): row.path or None,
        **rest,
        **({} if row.permissions is None else {"permissions": row.permissions}),
    }


def csv_cell(value: Any) -> Any:
    text = " ".join(value) if isinstance(value, list) else value
    return f"'{text}" if isinstance(text, str) and text.startswith(_FORMULA) else text


def _utc(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
