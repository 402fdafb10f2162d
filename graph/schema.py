"""The one schema: what each app says in its graph.py, put together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TypeVar

import strawberry
from django.db.models import Q
from graphql import GraphQLError
from strawberry.extensions import MaskErrors, MaxAliasesLimiter, MaxTokensLimiter, QueryDepthLimiter
from strawberry.types import ExecutionContext, Info

from graph.connections import Connection, connection
from graph.context import Told, context, pk_of
from identity.graph import PeopleQuery
from projects import models
from projects.graph import GroupFields, ProjectFields
from projects.querysets import ProjectQuerySet
from tokenaccess.gate import ask
from tokenaccess.graph import TokenAccessFields, TokenAccessMutation
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role
from tokenaccess.reference import Reference

log = logging.getLogger(__name__)

DEEPEST = 12
MOST_ALIASES = 20
MOST_TOKENS = 2000
MOST_NAMES = 50  # of projects, in one list
_LONGEST_SEARCH = 255

Name = TypeVar("Name", bound=str)


@strawberry.type
class Project(ProjectFields, TokenAccessFields):
    @strawberry.field
    def group(self) -> Group | None:
        """The group it lies in; null in a person's own namespace."""
        return None if self.row.group.person_id else Group(row=self.row.group)


@strawberry.type
class Group(GroupFields):
    @connection()
    def projects(self, info: Info, search: str | None = None, include_subgroups: bool = False) -> Connection[Project]:
        """Those that the caller may see."""
        rows = _visible_projects(info, _searched(search))
        inside = rows.below(self.row.pk) if include_subgroups else rows.filter(group=self.row)
        return Connection(rows=inside.order_by("full_path"), present=_as_projects)


@strawberry.type
class Query(PeopleQuery):
    @strawberry.field
    def project(self, info: Info, full_path: strawberry.ID) -> Project | None:
        """Null when there is none of that path, or the caller may not see it."""
        found = ask(context(info).request, Action.READ_PROJECT, Reference.of_path(full_path))
        return _as_projects([found.project])[0] if found.decision.allowed else None

    @strawberry.field
    def group(self, info: Info, full_path: strawberry.ID) -> Group | None:
        found = ask(context(info).request, Action.READ_GROUP, Reference.of_path(full_path))
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
        that = _searched(search)
        if ids is not None:
            that &= Q(pk__in=[pk_of("Project", one) for one in _few(ids, "ids")])
        if full_paths is not None:
            that &= Q(full_path__in=[path for path in _few(full_paths, "fullPaths") if "\0" not in path])
        rows = _visible_projects(info, that)
        if membership:
            user = context(info).user
            rows = rows.none() if user is None else rows.where_standing(user, Role.GUEST)
        return Connection(rows=rows.order_by("-id"), present=_as_projects)


@strawberry.type
class Mutation(TokenAccessMutation):
    pass


def _visible_projects(info: Info, that: Q) -> ProjectQuerySet:
    rows: ProjectQuerySet = models.Project.objects.visible_to(context(info).user, that)
    return rows.alive().select_related("group")


def _searched(search: str | None) -> Q:
    if search is None:
        return Q()
    if "\0" in search or len(search) > _LONGEST_SEARCH:
        raise Told("search is invalid")
    return Q(full_path__icontains=search) | Q(name__icontains=search)


def _few(names: list[Name], argument: str) -> list[Name]:
    if len(names) > MOST_NAMES:
        raise Told(f"{argument} takes at most {MOST_NAMES}.")
    return names


def _as_projects(rows: Sequence[models.Project]) -> list[Project]:
    return [Project(row=row, among=rows) for row in rows]


def _is_inner(error: GraphQLError) -> bool:
    """Whether the error came from our own code and not from the caller's query."""
    return error.original_error is not None and not isinstance(error.original_error, GraphQLError)


class Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """A caller's mistakes are the caller's to read; ours are for the log, as any exception of a view is."""
        for error in errors:
            if _is_inner(error):
                log.error("A GraphQL field failed: %s", error.path, exc_info=error.original_error)


schema = Schema(
    query=Query,
    mutation=Mutation,
    extensions=[
        lambda: QueryDepthLimiter(max_depth=DEEPEST),
        lambda: MaxAliasesLimiter(max_alias_count=MOST_ALIASES),
        lambda: MaxTokensLimiter(max_token_count=MOST_TOKENS),
        lambda: MaskErrors(should_mask_error=_is_inner, error_message="Internal server error"),
    ],
)
