"""What a view reads in the same statement as the check of a job's token, where the check is most of the work.

    FILE = TargetJoin("package_file", {"name": "text"}, "file.sha256, file.size", JOINS, decode=FileRow._make)

    @api_view(GET=Action.READ_PACKAGES, joined=lambda values: JoinedReadParams(FILE, {"name": values["name"]}))
    def file(request: ApiRequest[FileRow], ...): request.access.joined  # FileRow | None

The first of the columns is empty exactly when there is no such row. Every join must be an index probe of at most one
row; or it says `many`, and is read only of what the job's person sees: its time would reveal what is hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from tokenaccess.access.sql.job_check import job_statement, target_statements
from tokenaccess.access.sql.prepared import Prepared

T = TypeVar("T")


class JoinedRead(Generic[T]):
    """`statements`: the check with these columns behind its own, by the kind of name that the target has."""

    def __init__(self, statements: Mapping[str, Prepared], decode: Callable[[list[Any]], T]) -> None:
        self.statements = statements
        self._decode = decode

    def decode(self, columns: list[Any]) -> T | None:
        return self._decode(columns) if columns and columns[0] is not None else None


class TargetJoin(JoinedRead[T]):
    """Of the project that is asked for. `joins` start from `{target}`, the project's id, and are LEFT JOINs; their
    `parameters` (name → SQL type) stand in them as `%(name)s`."""

    def __init__(
        self,
        name: str,
        parameters: dict[str, str],
        columns: str,
        joins: str,
        *,
        decode: Callable[[list[Any]], T],
        many: bool = False,
    ) -> None:
        statements = target_statements(f"tokenaccess_check_{name}", parameters, columns, joins, many=many)
        super().__init__(statements, decode)
        source = f"FROM projects_project target {joins.format(target='target.id')} WHERE target.id = %(target)s"
        self._alone = Prepared(name, {"target": "bigint"} | parameters, columns, source)

    def read_alone(self, target_id: int, values: Mapping[str, Any]) -> T | None:
        """For a caller who was admitted by other statements. One statement."""
        return self.decode(self._alone.fetch({"target": target_id, **values}) or [])


class OwnJobJoin(JoinedRead[T]):
    """Of the job that asks. `joins` may name its `job`, its project `source` and its `person`."""

    def __init__(self, name: str, columns: str, joins: str, *, decode: Callable[[list[Any]], T]) -> None:
        super().__init__({"": job_statement(f"tokenaccess_{name}", columns, joins)}, decode)


class JoinedReadParams(NamedTuple, Generic[T]):
    """One read, with the values of its parameters."""

    read: JoinedRead[T]
    values: Mapping[str, Any]
