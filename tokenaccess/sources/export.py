"""Sources as CSV and as YAML, line by line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import yaml

from projects.models import Group, Project
from text.moments import utc_text
from text.spreadsheets import csv_lines
from tokenaccess.sources.rows import SourceRow

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
    "conditions": lambda row: row.conditions,
    "state": lambda row: row.state_name,
    "reason": lambda row: row.reason,
    "added_by": lambda row: row.added_by,
    "added_at": lambda row: utc_text(row.added_at),
    "owner": lambda row: row.owner,
    "expires_at": lambda row: None if row.expires_at is None else row.expires_at.isoformat(),
    "last_used_at": lambda row: utc_text(row.last_used),
    "used": lambda row: row.used_names,
    "uses": lambda row: row.uses,
    "refusals": lambda row: row.refusals,
    "project_count": lambda row: row.project_count,
    "recent_sources": lambda row: row.recent_sources,
}


def export_lines(rows: Iterable[SourceRow]) -> Iterator[str]:
    """CSV, beginning with the names of FIELDS."""
    return csv_lines([list(FIELDS), *([_cell(read(row)) for read in FIELDS.values()] for row in rows)])


def _cell(value: Any) -> Any:
    """Conditions as JSON; nothing where there are none."""
    return (json.dumps(value, ensure_ascii=False) if value else "") if isinstance(value, dict) else value


def yaml_items(holder: Project | Group, rows: Iterable[SourceRow]) -> Iterator[str]:
    """`project` or `group`, and `sources`. A source is named as in a rules file (docs/rules-as-code.md): `project:` or
    `group:` with its path, `permissions` unless the user's role decides; what is unknown is left out."""
    yield yaml.safe_dump({str(holder.kind): holder.full_path}, allow_unicode=True)
    any_row = False
    for row in rows:
        yield "sources:\n" if not any_row else ""
        any_row = True
        yield yaml.safe_dump([_item(row)], sort_keys=False, allow_unicode=True)
    if not any_row:
        yield "sources: []\n"


def _item(row: SourceRow) -> dict[str, Any]:
    known = {name: value for name, read in FIELDS.items() if (value := read(row)) not in (None, "", [], {})}
    rest = {name: value for name, value in known.items() if name not in {"kind", "path", "default_permissions"}}
    return {
        str(row.kind): row.path or None,
        **rest,
        **({} if row.permissions is None else {"permissions": row.permissions}),
    }
