"""`search`: projects, groups and people everywhere, projects of a group, files of a project."""

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
from api.rest import ApiError
from api.serializers import Constant, ResponseSerializer, with_fields
from identity.api.serializers import BasicUserSerializer
from identity.models import User
from identity.querysets import search_people
from identity.sign_in.users import signed_in_user
from projects.api.serializers import BasicProjectSerializer, GroupSerializer
from projects.api.views.code import RepositoryView
from projects.api.views.groups import GroupView
from projects.models import Group, Project
from projects.querysets import GroupQuerySet, ProjectQuerySet
from projects.repository.grep import Match, find_words
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
    scope = Choice(["projects"], required=True)


class SearchInProject(_Search):
    scope = Choice(["blobs"], required=True)
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


class GroupSearch(GroupView):
    actions = {"GET": Action.READ_GROUP}

    @operation(SearchInGroup, returns=BasicProjectSerializer, many=True)
    def get(self, request: Request, group: str, params: dict[str, Any]) -> ProjectQuerySet:
        return _projects(Project.objects.below(self.group.pk), request, params)


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


class ProjectSearch(RepositoryView):
    """Lines of files at a branch, tag or commit, by default of the default branch."""

    actions = {"GET": Action.SEARCH_CODE}
    ref: str

    @operation(SearchInProject, returns=BlobMatchSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> list[Match]:
        words = params["search"]
        if len(words) < MIN_WORDS or "\0" in words or "\n" in words:
            raise ApiError(400, {"error": "search is invalid"})
        self.ref = params.get("ref") or self.access.project.default_branch
        if "ref" not in params and self.repository.is_empty():
            return []
        return find_words(self.repository, self.find(self.ref).sha, words)
