"""The types of job-token.md §4.1."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import strawberry
from strawberry.types import Info

from projects import models
from tokenaccess.adapters.graphql.connections import Connection, connection
from tokenaccess.adapters.graphql.context import context, gid
from tokenaccess.graph.entries import EntryFields, ListedGroup, ListedProject, Target, target_of
from tokenaccess.graph.enums import Direction, InboundMode
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, TokenAccessSettings


@strawberry.type(name="CiJobTokenScopeAllowlistEntry")
class Entry(EntryFields):
    row: strawberry.Private[AllowlistEntry]

    @strawberry.field
    def source_project(self) -> ListedProject:
        """The project whose list it is."""
        return ListedProject(row=self.row.project)

    @strawberry.field
    def target(self) -> Target:
        """The project or group that is let in."""
        return target_of(self.row)

    @strawberry.field
    def direction(self) -> str:
        return str(self.row.direction)

    @strawberry.field
    def autopopulated(self) -> bool:
        return self.row.autopopulated


@strawberry.type(name="CiJobTokenAuthLog")
class Authorization:
    row: strawberry.Private[AuthorizationRecord]

    @strawberry.field
    def origin_project(self) -> ListedProject:
        return ListedProject(row=self.row.origin_project)

    @strawberry.field
    def last_authorized_at(self) -> datetime:
        return self.row.last_authorized_at


@strawberry.type(name="ProjectCiCdSetting")
class Settings:
    row: strawberry.Private[TokenAccessSettings]
    project: strawberry.Private[models.Project]

    @strawberry.field
    def job_token_scope_enabled(self) -> bool:
        """Limit access from this project."""
        return self.row.limits_outbound

    @strawberry.field
    def inbound_job_token_scope_enabled(self) -> bool:
        """Limit access to this project; the project's own setting, whatever the instance enforces."""
        return self.row.limits_inbound

    @strawberry.field
    def inbound_job_token_mode(self) -> InboundMode:
        """The same with the trial; the project's own setting."""
        return InboundMode(self.row.inbound_mode)

    @strawberry.field
    def push_repository_for_job_token_allowed(self) -> bool:
        """Git pushes by the project's own job tokens."""
        return self.row.takes_job_pushes

    @strawberry.field
    def cross_project_push_for_job_token_allowed(self) -> bool:
        """The same by job tokens of the projects on the allowlist."""
        return self.row.takes_cross_project_pushes

    @strawberry.field
    def pipelines_for_job_token_push_allowed(self) -> bool:
        """Such pushes start pipelines."""
        return self.row.job_pushes_start_pipelines

    @strawberry.field
    def keep_latest_artifact(self) -> bool:
        """Artifacts of each ref's latest success outlive their time; the project's own setting."""
        return self.project.keep_latest_artifact

    @strawberry.field
    def opt_in_jwt(self) -> bool:
        """Never: job tokens are opaque here."""
        return False


# --- Lists ------------------------------------------------------------------------------------------------------------


def _listed_projects(project: models.Project, direction: str) -> Connection[ListedProject]:
    """The projects on a list; the project itself always is."""
    listed = AllowlistEntry.objects.filter(project=project, direction=direction).projects().values("target_project")
    rows = (models.Project.objects.filter(pk__in=listed) | models.Project.objects.filter(pk=project.pk)).alive()
    return Connection(rows=rows.select_related("group").order_by("id"), to_nodes=_to_listed_projects)


def _to_listed_projects(rows: Sequence[models.Project]) -> list[ListedProject]:
    return [ListedProject(row=row) for row in rows]


def _listed_groups(project: models.Project) -> Connection[ListedGroup]:
    listed = AllowlistEntry.objects.inbound().filter(project=project).groups().values("target_group")
    rows = models.Group.objects.filter(pk__in=listed).order_by("id")
    return Connection(rows=rows, to_nodes=lambda rows: [ListedGroup(row=row) for row in rows])


def _entries(project: models.Project, kind: str) -> Connection[Entry]:
    entries = AllowlistEntry.objects.inbound().filter(project=project)
    rows = entries.projects().filter(target_project__pending_deletion=False) if kind == "project" else entries.groups()
    related = rows.select_related("project__group", "target_project__group", "target_group", "added_by", "owner")
    return Connection(rows=related.order_by("id"), to_nodes=lambda rows: [Entry(row=row) for row in rows])


@strawberry.type(name="CiJobTokenScopeType")
class Scope:
    """Both lists of a project."""

    project: strawberry.Private[models.Project]

    @connection(deprecation_reason="Use `outboundAllowlist`.")
    def projects(self) -> Connection[ListedProject]:
        return _listed_projects(self.project, Direction.OUTBOUND)

    @connection()
    def outbound_allowlist(self) -> Connection[ListedProject]:
        return _listed_projects(self.project, Direction.OUTBOUND)

    @connection()
    def inbound_allowlist(self) -> Connection[ListedProject]:
        return _listed_projects(self.project, Direction.INBOUND)

    @connection()
    def groups_allowlist(self) -> Connection[ListedGroup]:
        return _listed_groups(self.project)

    @strawberry.field
    def inbound_allowlist_count(self, info: Info) -> int:
        return context(info).count_list(_listed_projects(self.project, Direction.INBOUND)).rows.count()

    @strawberry.field
    def groups_allowlist_count(self, info: Info) -> int:
        return context(info).count_list(_listed_groups(self.project)).rows.count()

    @strawberry.field
    def inbound_allowlist_autopopulated_ids(self, info: Info) -> list[strawberry.ID]:
        rows = context(info).count_list(_entries(self.project, "project")).rows.filter(autopopulated=True)
        return [gid("Project", pk) for pk in rows.values_list("target_project_id", flat=True)]

    @strawberry.field
    def group_allowlist_autopopulated_ids(self, info: Info) -> list[strawberry.ID]:
        rows = context(info).count_list(_entries(self.project, "group")).rows.filter(autopopulated=True)
        return [gid("Group", pk) for pk in rows.values_list("target_group_id", flat=True)]


@strawberry.type(name="CiJobTokenScopeAllowlist")
class Allowlist:
    """The inbound list's entries, as they are: without the project itself."""

    project: strawberry.Private[models.Project]

    @connection()
    def projects_allowlist(self) -> Connection[Entry]:
        return _entries(self.project, "project")

    @connection()
    def groups_allowlist(self) -> Connection[Entry]:
        return _entries(self.project, "group")


def authorizations(project: models.Project) -> Connection[Authorization]:
    rows = AuthorizationRecord.objects.filter(accessed_project=project, origin_project__pending_deletion=False)
    return Connection(
        rows=rows.select_related("origin_project__group"),
        to_nodes=lambda rows: [Authorization(row=row) for row in rows],
    )
