"""The paths of a project's own inbound entries, without model objects: hundreds of those take longer than all that is
explained with them."""

from __future__ import annotations

from identity.models import User
from tokenaccess.access.sql.prepared import Prepared
from tokenaccess.allowlist.targets import TargetKey, visible_targets

MAX_ENTRIES = 400  # that are searched for the nearest

_NAMED = """
    LEFT JOIN projects_project project ON project.id = entry.target_project_id
    LEFT JOIN projects_group above ON above.id = entry.target_group_id
"""
_PATH = "coalesce(project.full_path, above.full_path)"
_ENTRY = Prepared(
    "tokenaccess_explain_entry",
    {"entry": "bigint"},
    _PATH,
    f"FROM tokenaccess_allowlistentry entry {_NAMED} WHERE entry.id = %(entry)s",
)
_LIST = Prepared(
    "tokenaccess_explain_list",
    {"project": "bigint"},
    f"json_agg(json_build_array(entry.id, {_PATH}, entry.target_project_id, entry.target_group_id))",
    f"""FROM (
        SELECT id, target_project_id, target_group_id FROM tokenaccess_allowlistentry
        WHERE project_id = %(project)s AND direction = 'inbound' ORDER BY id LIMIT {MAX_ENTRIES}
    ) entry {_NAMED}""",  # noqa: S608
)


def find_entry_path(entry_id: int) -> str | None:
    """Of the project or group that the entry names; None for one that was removed. One statement."""
    row = _ENTRY.fetch({"entry": entry_id})
    return None if row is None else str(row[0])


def find_nearest_path(project_id: int, source: str, reader: User) -> str | None:
    """Of the project's entries for what the reader may see, the one whose path has most in common with that of the
    source, the oldest of several; None where no path has anything. Three statements at most."""
    row = _LIST.fetch({"project": project_id})
    above = source.lower().split("/")
    near: list[tuple[int, int, str, TargetKey]] = []
    for entry_id, path, project, group in (row and row[0]) or ():
        if common := _common(path, above):
            near.append((-common, entry_id, path, ("group", group) if project is None else ("project", project)))
    seen = visible_targets({key for *_, key in near}, reader)
    return min(((common, entry, path) for common, entry, path, key in near if key in seen), default=(0, 0, None))[2]


def _common(path: str, above: list[str]) -> int:
    """How many names from the top both have."""
    count = 0
    for left, right in zip(path.lower().split("/"), above, strict=False):
        if left != right:
            break
        count += 1
    return count
