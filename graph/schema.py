"""The GraphQL schema, combined from the apps' graph modules."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TypeVar

import strawberry
from django.conf import settings
from django.db.models import Q
from graphql import GraphQLError
from strawberry.extensions import MaskErrors, MaxTokensLimiter
from strawberry.types import ExecutionContext, Info

from graph.query_limits import MAX_TOKENS, QueryLimits
from identity.graph import PeopleQuery
from outages.conflicts import conflict_of
from outages.kinds import outage_of
from projects import models
from projects.graph import GroupFields, ProjectFields
from projects.querysets import ProjectQuerySet
from resources.packages.graph import PackagesGroupFields, PackagesMutation
from tokenaccess.access.gate import check
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.graphql.connections import Connection, connection
from tokenaccess.adapters.graphql.context import UserFacingError, context, pk_of
from tokenaccess.graph import (
    TokenAccessFields,
    TokenAccessGroupFields,
    TokenAccessMutation,
    TokenAccessRuleMutation,
)
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role

log = logging.getLogger(__name__)

MAX_NAMES = 50  # of projects, in one list
_MAX_SEARCH_LENGTH = 255

Name = TypeVar("Name", bound=str)


@strawberry.type
class Project(ProjectFields, TokenAccessFields):
    @strawberry.field
    def group(self) -> Group | None:
        """The group it lies in; null in a person's own namespace."""
        return None if self.row.group.person_id else Group(row=self.row.group)


@strawberry.type
class Group(GroupFields, PackagesGroupFields, TokenAccessGroupFields):
    @connection()
    def projects(self, info: Info, search: str | None = None, include_subgroups: bool = False) -> Connection[Project]:
        """Those that the caller may see."""
        rows = _visible_projects(info, _search_filter(search))
        inside = rows.below(self.row.pk) if include_subgroups else rows.filter(group=self.row)
        return Connection(rows=inside.order_by("full_path"), to_nodes=_to_projects)


@strawberry.type
class Metadata:
    """Which GitLab's API this is."""

    @strawberry.field
    def version(self) -> str:
        return str(settings.GITLAB_VERSION)

    @strawberry.field
    def revision(self) -> str:
        return str(settings.API_REVISION)

    @strawberry.field
    def enterprise(self) -> bool:
        return False


@strawberry.type
class Query(PeopleQuery):
    @strawberry.field
    def metadata(self, info: Info) -> Metadata | None:
        """Null for a visitor."""
        return None if context(info).user is None else Metadata()

    @strawberry.field
    def project(self, info: Info, full_path: strawberry.ID) -> Project | None:
        """Null when there is none of that path, or the caller may not see it."""
        found = check(context(info).request, Action.READ_PROJECT, IdOrPath.of_path(full_path))
        return _to_projects([found.project])[0] if found.decision.allowed else None

    @strawberry.field
    def group(self, info: Info, full_path: strawberry.ID) -> Group | None:
        found = check(context(info).request, Action.READ_GROUP, IdOrPath.of_path(full_path))
        if not found.decision.allowed or found.group.person_id is not None:
            return None
        return Group(row=found.group)

    @connection()
    def projects(
        self,
        info: Info,
        search: str | None = None,
        membership: bool | None = None,
        ids: list[strawberry.ID] | None = None,
        full_paths: list[str] | None = None,
    ) -> Connection[Project]:
        """Those that the caller may see, the newest first. `membership`: only where they have a role."""
        condition = _search_filter(search)
        if ids is not None:
            condition &= Q(pk__in=[pk_of("Project", one) for one in _limit_names(ids, "ids")])
        if full_paths is not None:
            condition &= Q(full_path__in=[path for path in _limit_names(full_paths, "fullPaths") if "\0" not in path])
        rows = _visible_projects(info, condition)
        if membership:
            user = context(info).user
            rows = rows.none() if user is None else rows.with_min_role(user, Role.GUEST)
        return Connection(rows=rows.order_by("-id"), to_nodes=_to_projects)


@strawberry.type
class Mutation(TokenAccessMutation, TokenAccessRuleMutation, PackagesMutation):
    pass


def _visible_projects(info: Info, extra: Q) -> ProjectQuerySet:
    rows: ProjectQuerySet = models.Project.objects.visible_to(context(info).user, extra)
    return rows.alive().select_related("group")


def _search_filter(search: str | None) -> Q:
    if search is None:
        return Q()
    if "\0" in search or len(search) > _MAX_SEARCH_LENGTH:
        raise UserFacingError("search is invalid")
    return Q(full_path__icontains=search) | Q(name__icontains=search)


def _limit_names(names: list[Name], argument: str) -> list[Name]:
    if len(names) > MAX_NAMES:
        raise UserFacingError(f"{argument} takes at most {MAX_NAMES}.")
    return names


def _to_projects(rows: Sequence[models.Project]) -> list[Project]:
    return [Project(row=row, among=rows) for row in rows]


def _is_internal(error: GraphQLError) -> bool:
    """Whether the error was raised by our code, not caused by the caller's query."""
    return error.original_error is not None and not isinstance(error.original_error, GraphQLError)


class Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log internal errors, as Django does for views; the caller's own mistakes are only returned."""
        for error in errors:
            if _is_internal(error):
                log.error("A GraphQL field failed: %s", error.path, exc_info=error.original_error)
            outage = outage_of(error.original_error) or conflict_of(error.original_error)
            if execution_context is not None and outage is not None:
                execution_context.context.outage = error.original_error


schema = Schema(
    query=Query,
    mutation=Mutation,
    extensions=[
        lambda: MaxTokensLimiter(MAX_TOKENS),
        QueryLimits,
        lambda: MaskErrors(should_mask_error=_is_internal, error_message="Internal server error"),
    ],
)
