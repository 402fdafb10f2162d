"""What a project tells about its Token Access: to its maintainers; null for anyone else (job-token.md §4.1)."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry
from strawberry.types import Info

from graph.connections import Connection, connection
from graph.context import Context, context
from projects import models
from tokenaccess.gate import which
from tokenaccess.graph.types import Allowlist, Authorization, Scope, Settings, authorizations
from tokenaccess.models import TokenAccessSettings
from tokenaccess.policy import Action


@strawberry.type
class TokenAccessFields:
    """Part of `Project` (graph.schema). `among`: the projects shown together with this one."""

    row: strawberry.Private[models.Project]
    among: strawberry.Private[Sequence[models.Project]]

    @strawberry.field
    def ci_cd_settings(self, info: Info) -> Settings | None:
        if not self._open(info):
            return None
        found = context(info).once("settings", self.among, lambda: _settings(self.among))
        row = found.get(self.row.pk) or TokenAccessSettings(project=self.row)
        return Settings(row=row, project=self.row)

    @strawberry.field
    def ci_job_token_scope(self, info: Info) -> Scope | None:
        return Scope(project=self.row) if self._open(info) else None

    @strawberry.field
    def ci_job_token_scope_allowlist(self, info: Info) -> Allowlist | None:
        return Allowlist(project=self.row) if self._open(info) else None

    @connection()
    def ci_job_token_auth_logs(self, info: Info) -> Connection[Authorization] | None:
        """Which projects' jobs came in, the last one first."""
        return authorizations(self.row) if self._open(info) else None

    def _open(self, info: Info) -> bool:
        here = context(info)
        return self.row.pk in here.once("open", self.among, lambda: _readable(here, self.among))


def _readable(here: Context, among: Sequence[models.Project]) -> set[int]:
    return which(here.user, Action.READ_TOKEN_ACCESS, among)


def _settings(among: Sequence[models.Project]) -> dict[int, TokenAccessSettings]:
    return TokenAccessSettings.objects.in_bulk([project.pk for project in among])
