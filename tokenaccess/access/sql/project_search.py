"""Which projects of a group, or of the instance, have what an address names, with what the policy asks about each: one
statement for a job's token, whose facts are those of the single check (`job_check`).

Only projects that the person may read are searched: the time that it takes elsewhere would tell what lies there. May
over-approve; the policy decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple

from identity.models import today
from tokenaccess.access.sql import job_check
from tokenaccess.access.sql.prepared import Prepared
from tokenaccess.policy import Action, Caller, DeployToken
from tokenaccess.policy.features import row_of
from tokenaccess.policy.levels import FeatureLevel, Visibility
from tokenaccess.policy.needs import NEEDS
from tokenaccess.policy.rules import person_of


class Searcher(Enum):
    """For whom: each has a statement of its own, so that the database plans it for what it will read."""

    VISITOR = "visitor"
    PERSON = "person"
    ADMIN = "admin"
    DEPLOY_TOKEN = "token"


class ProjectSearch:
    """`condition`: on `found`, a row of projects_project; `parameters` (name → SQL type) stand in it as `%(name)s`.

    `action`: reads what the condition looks for. `group`: only below the group of that id; `namespace`: only below the
    group of that path.
    """

    def __init__(
        self,
        name: str,
        action: Action,
        parameters: dict[str, str],
        condition: str,
        *,
        group: bool = False,
        namespace: bool = False,
    ) -> None:
        self._name, self._parameters, self._condition = name, parameters, condition
        self._group, self._namespace = group, namespace
        self._needs = NEEDS[action]
        assert self._needs.feature is not None
        self._level = row_of(self._needs.feature).column

    def ids(self, searcher: Searcher) -> Prepared:
        """The projects' ids."""
        return self._statements[searcher][0]

    def job_checks(self, searcher: Searcher) -> Prepared:
        """The rows of the check of a job's token (`job_check.Row`) for each of the projects."""
        return self._statements[searcher][1]

    @cached_property
    def _statements(self) -> dict[Searcher, tuple[Prepared, Prepared]]:
        return {searcher: self._statements_for(searcher) for searcher in Searcher}

    def _statements_for(self, searcher: Searcher) -> tuple[Prepared, Prepared]:
        name = f"search_{self._name}_{searcher.value}"
        parameters = {**_PARAMETERS[searcher], **self._parameters}
        parameters |= {"group": "bigint"} if self._group else {}
        parameters |= {"namespace": "text"} if self._namespace else {}
        found = self._projects_sql(searcher)
        ids = Prepared(name, parameters, "json_agg(wanted.id)", f"FROM ({found}) wanted")
        parameters |= {"job": "bigint", "today": "date"}
        return ids, job_check.statement_of_many(f"{name}_job", parameters, found)

    def _projects_sql(self, searcher: Searcher) -> str:
        """The condition names the candidate too, so that no plan can look at a project before it is known as one."""
        below = """AND found.group_id IN (
            SELECT below.group_id FROM projects_groupancestor below WHERE below.ancestor_id = %(group)s
        )"""
        within = """AND EXISTS (
            SELECT 1 FROM projects_groupancestor above JOIN projects_group top ON top.id = above.ancestor_id
            WHERE above.group_id = found.group_id AND lower(top.full_path) = lower(%(namespace)s)
        )"""
        return f"""
            SELECT found.id FROM ({self._candidates(searcher)}) candidate
            JOIN projects_project found ON found.id = candidate.id
            WHERE NOT found.pending_deletion {below if self._group else ""} AND CASE
                WHEN candidate.id = found.id AND found.{self._level} <> {FeatureLevel.DISABLED.value}
                THEN {self._condition} {within if self._namespace else ""} ELSE FALSE END
        """  # noqa: S608 - put together from our own words

    def _candidates(self, searcher: Searcher) -> str:
        """What the caller may read: what is open to them, and where they have the role, or are at home."""
        if searcher is Searcher.ADMIN:
            return "SELECT anywhere.id FROM projects_project anywhere"
        parts = [self._open]
        if searcher is Searcher.PERSON:
            parts.append(f"""
                SELECT held.content_object_id AS id FROM projects_projecteffectiverole held
                WHERE held.user_id = %(person)s AND held.role = {self._needs.role.value}
                    AND (held.until IS NULL OR held.until > %(today)s)
            """)  # noqa: S608
        if searcher is Searcher.DEPLOY_TOKEN:
            parts.append("SELECT home.id FROM projects_project home WHERE home.id = ANY(%(home)s)")
        return " UNION ".join(parts)

    @property
    def _open(self) -> str:
        """A namespace that is closed to the caller holds nothing open, and is not looked into."""
        namespace = """
            JOIN projects_groupancestor below ON below.group_id = anyone.group_id
            JOIN projects_group root ON root.id = below.ancestor_id
                AND lower(root.full_path) = lower(%(namespace)s) AND root.visibility >= %(open_from)s
        """
        return f"""
            SELECT anyone.id FROM projects_project anyone {namespace if self._namespace else ""}
            WHERE anyone.visibility >= %(open_from)s AND anyone.{self._level} = {FeatureLevel.ENABLED.value}
        """  # noqa: S608


_PARAMETERS = {
    Searcher.VISITOR: {"open_from": "smallint"},
    Searcher.PERSON: {"open_from": "smallint", "person": "bigint", "today": "date"},
    Searcher.ADMIN: {},
    Searcher.DEPLOY_TOKEN: {"open_from": "smallint", "home": "bigint[]"},
}


class ProjectSearchParams(NamedTuple):
    """One search, with the values of its parameters."""

    search: ProjectSearch
    values: Mapping[str, Any]

    def fetch_ids(self, caller: Caller, home: list[int]) -> list[int]:
        """The oldest first. `home`: where a deploy token belongs. One statement."""
        searcher, values = _searcher(caller)
        row = self.search.ids(searcher).fetch({**self.values, **values, "home": home})
        return sorted((row and row[0]) or ())

    def fetch_job_checks(self, caller: Caller, job_id: int) -> list[job_check.Row]:
        """The oldest project first. One statement."""
        searcher, values = _searcher(caller)
        row = self.search.job_checks(searcher).fetch(
            {"today": today().isoformat(), **self.values, **values, "job": job_id}
        )
        rows = map(job_check.read_row, (row and row[0]) or ())
        return sorted(rows, key=lambda one: one.target_id or 0)


def _searcher(caller: Caller) -> tuple[Searcher, dict[str, Any]]:
    """Who it is, and what the statement asks about them."""
    person = person_of(caller)
    if person is None:
        kind = Searcher.DEPLOY_TOKEN if isinstance(caller, DeployToken) else Searcher.VISITOR
        return kind, {"open_from": Visibility.PUBLIC.value}
    open_from = Visibility.PUBLIC if person.external else Visibility.INTERNAL
    kind = Searcher.ADMIN if person.admin else Searcher.PERSON
    return kind, {"open_from": open_from.value, "person": person.id, "today": today().isoformat()}
