"""`search`: projects, groups and people everywhere, projects and members of a group, files, commits and members of a
project."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from api.input.fields import Choice, Text
from api.input.list_filters import MAX_SEARCH, name_search
from api.input.parameters import Parameters
from api.operations import operation
from api.paging import HeaderPagination, UncountedPagination
from api.rest import ApiError
from api.serializers import Constant, ResponseSerializer, with_fields
from identity.api.serializers import BasicUserSerializer
from identity.models import User
from identity.querysets import search_people
from identity.sign_in.users import signed_in_user
from projects.api.repository_serializers import CommitSerializer
from projects.api.serializers import BasicProjectSerializer, GroupSerializer
from projects.api.views.code import RepositoryView
from projects.models import Group, Project
from projects.querysets import GroupQuerySet, ProjectQuerySet
from projects.repository import Commit
from projects.repository.grep import Match, find_words
from projects.repository.history import History, HistoryQuery
from projects.roles.members import effective_memberships, matches_name
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action

MIN_WORDS = 2


class _Search(Parameters):
    search = Text(required=True, max_length=MAX_SEARCH)

    # Of these there is nothing here, or there are none to choose by.
    unsupported = {
        **dict.fromkeys(("confidential", "state", "fields", "num_context_lines")),
        "search_type": "basic",
        "regex": False,
        "exclude_forks": False,
    }


class GlobalSearch(_Search):
    scope = Choice(["projects", "groups", "users"], required=True)


class SearchInGroup(_Search):
    scope = Choice(["projects", "users"], required=True)


class SearchInProject(_Search):
    scope = Choice(["blobs", "commits", "users"], required=True)
    ref = Text(max_length=MAX_SEARCH)


_SERIALIZERS = {"projects": BasicProjectSerializer, "groups": GroupSerializer, "users": BasicUserSerializer}


class Search(GatedView):
    """What the caller may see, as the lists of each show it."""

    actions = {"GET": Action.USE_INSTANCE}

    def get_serializer_class(self) -> Any:
        return _SERIALIZERS[self.params["scope"]]

    @operation(GlobalSearch, returns=tuple(_SERIALIZERS.values()), many=True)
    def get(self, request: Request, params: dict[str, Any]) -> QuerySet[Any]:
        match params["scope"]:
            case "users":
                return search_people(User.objects.filter(is_bot=False), params["search"]).order_by("id")
            case "groups":
                rows: GroupQuerySet = Group.objects.visible_to(self.current_user, name_search(params))
                return rows.groups_only().order_by("full_path")
        return _projects(Project.objects.all(), request, params)


class GroupSearch(GatedView):
    actions = {"GET": Action.READ_GROUP}

    def get_serializer_class(self) -> Any:
        return _SERIALIZERS[self.params["scope"]]

    @operation(SearchInGroup, returns=(BasicProjectSerializer, BasicUserSerializer), many=True)
    def get(self, request: Request, group: str, params: dict[str, Any]) -> ProjectQuerySet | list[User]:
        if params["scope"] == "users":
            return _members(self.access.group, params["search"])
        return _projects(Project.objects.below(self.access.group.pk), request, params)


def _members(place: Project | Group, words: str) -> list[User]:
    """Whoever has a role there and is called so."""
    return [row.user for row in effective_memberships(place) if not row.user.is_bot and matches_name(row, words)]


def _projects(rows: ProjectQuerySet, request: Request, params: dict[str, Any]) -> ProjectQuerySet:
    found: ProjectQuerySet = rows.visible_to(signed_in_user(request), name_search(params) or Q(pk__in=[]))
    return found.alive().select_related("group").order_by("full_path")


@with_fields({"data": serializers.CharField(source="text", help_text="The line.")})
class BlobMatchSerializer(ResponseSerializer):
    basename = serializers.SerializerMethodField(help_text="The path without the ending.")
    path = serializers.CharField()
    filename = serializers.CharField(source="path")
    id = Constant(None)
    ref = serializers.SerializerMethodField()
    startline = serializers.IntegerField(source="line")
    project_id = serializers.SerializerMethodField()

    def get_basename(self, match: Match) -> str:
        return str(PurePosixPath(match.path).with_suffix(""))

    def get_ref(self, match: Match) -> str:
        return str(self.context["view"].ref)

    def get_project_id(self, match: Match) -> int:
        return int(self.context["view"].access.facts.target.id)


class FoundCommitSerializer(CommitSerializer):
    project_id = serializers.SerializerMethodField()

    def get_project_id(self, commit: Commit) -> int:
        return int(self.view.access.facts.target.id)


class ProjectSearch(RepositoryView):
    """Lines of files, or commits, at a branch, tag or commit, by default of the default branch; or members."""

    actions = {"GET": Action.SEARCH_CODE}
    ref: str

    def get_serializer_class(self) -> Any:
        return {"blobs": BlobMatchSerializer, "commits": FoundCommitSerializer, "users": BasicUserSerializer}[
            self.params["scope"]
        ]

    @property
    def pagination_class(self) -> type[HeaderPagination]:  # type: ignore[override]
        """Commits are too many to count."""
        return UncountedPagination if self.params["scope"] == "commits" else HeaderPagination

    @operation(SearchInProject, returns=(BlobMatchSerializer, FoundCommitSerializer, BasicUserSerializer), many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> list[Match] | list[User] | History:
        words, scope = params["search"], params["scope"]
        if len(words) < MIN_WORDS or "\0" in words or "\n" in words:
            raise ApiError(400, {"error": "search is invalid"})
        if scope == "users":
            return _members(self.access.project, words)
        self.ref = params.get("ref") or self.access.project.default_branch
        if "ref" not in params and self.repository.is_empty():
            return []
        sha = self.find(self.ref).sha
        return (
            History(self.repository, sha, HistoryQuery(words=words))
            if scope == "commits"
            else find_words(self.repository, sha, words)
        )
