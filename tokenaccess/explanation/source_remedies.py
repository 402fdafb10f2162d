"""What a reader may change about the sources of a project or group that nothing admits."""

from __future__ import annotations

from collections.abc import Sequence

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist.group_rules.lack import lack_of
from tokenaccess.explanation.list_remedies import Case, find_list_remedies
from tokenaccess.sources.rows import SourceRow


def add_source_remedies(holder: Project | Group, rows: Sequence[SourceRow], reader: User) -> None:
    """Twelve statements at most."""
    asked = [
        (row, Case(row.id, row.group_id, row.path, row.found, lack))
        for row in rows
        if row.path and row.found is not None and (lack := lack_of(row.found)) is not None
    ]
    for (row, _case), remedy in zip(
        asked, find_list_remedies(holder, [case for _, case in asked], reader), strict=True
    ):
        row.remedy = remedy
