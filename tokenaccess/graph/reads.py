"""Token Access fields of a project, for its maintainers; null for anyone else (job-token.md §4.1)."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry
from strawberry.types import Info

from projects import models
from tokenaccess.access.gate import permitted_ids
from tokenaccess.adapters.graphql.connections import Connection, connection
from tokenaccess.adapters.graphql.context import Context, context
from tokenaccess.graph.types import Allowlist, Authorization, Scope, Settings, authorizations
from tokenaccess.models import TokenAccessSettings
from tokenaccess.policy import Action


@strawberry.type
class TokenAccessFields:
    """Part of `Project` (graph.schema). `among`: the projects on the same page."""

    row: strawberry.Private[models.Project]
    among: strawberry.Private[Sequence[models.Project]]

    @strawberry.field
    def ci_cd_settings(self, info: Info) -> Settings | None:
        if not self._may_read(info):
            return None
        found = context(info).load_once("settings", self.among, lambda: _settings_by_id(self.among))
        row = found.get(self.row.pk) or TokenAccessSettings(project=self.row)
        return Settings(row=row, project=self.row)

    @strawberry.field
    def ci_job_token_scope(self, info: Info) -> Scope | None:
        return Scope(project=self.row) if self._may_read(info) else None

    @strawberry.field
    def ci_job_token_scope_allowlist(self, info: Info) -> Allowlist | None:
        return Allowlist(project=self.row) if self._may_read(info) else None

    @connection()
    def ci_job_token_auth_logs(self, info: Info) -> Connection[Authorization] | None:
        """Which projects' jobs accessed this one, latest first."""
        return authorizations(self.row) if self._may_read(info) else None

    def _may_read(self, info: Info) -> bool:
        here = context(info)
        return self.row.pk in here.load_once("open", self.among, lambda: _readable_ids(here, self.among))


def _readable_ids(here: Context, among: Sequence[models.Project]) -> set[int]:
    return permitted_ids(here.user, Action.READ_TOKEN_ACCESS, among)


def _settings_by_id(among: Sequence[models.Project]) -> dict[int, TokenAccessSettings]:
    return TokenAccessSettings.objects.in_bulk([project.pk for project in among])
