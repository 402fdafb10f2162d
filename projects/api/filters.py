"""The filters of lists of groups, namespaces, projects and members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q, QuerySet

from api.input.fields import Boolean, Integer, Integers, Level, Moment, NumberChoice, Text, Words
from api.input.list_filters import MAX_SEARCH, Flag, ListFilters, Rows
from projects.models import Membership
from projects.querysets import GroupQuerySet, ProjectQuerySet
from tokenaccess.policy.levels import Role, Visibility

MAX_NAME = 255
# Of these there is nothing here; the value that chooses nothing is taken.
_NO_EXTRAS = {
    "custom_attributes": None,
    "repository_storage": None,
    "statistics": False,
    "with_custom_attributes": False,
}


class RoleFilters(ListFilters):
    """`membership`, `owned`, `min_access_level`: where the caller has a role, is owner, or has at least that role."""

    membership = Boolean()
    owned = Boolean()
    min_access_level = NumberChoice({level.value: level for level in Role if level})

    role_options = frozenset({"membership", "owned", "min_access_level"})

    @classmethod
    def filter_by_role(cls, rows: Rows, values: Mapping[str, Any], user: AbstractBaseUser | None) -> Rows:
        wanted = [values.get("min_access_level") or Role.NONE]
        wanted += [Role.GUEST] if values.get("membership") else []
        wanted += [Role.OWNER] if values.get("owned") else []
        if not max(wanted):
            return rows
        return rows.none() if user is None else rows.with_membership_role(user, max(wanted))  # type: ignore[attr-defined]


class GroupFilters(RoleFilters):
    search = Text(max_length=MAX_SEARCH)
    search_namespaces = Boolean()
    visibility = Level(Visibility)
    top_level_only = Flag(parent=None)
    skip_groups = Integers()
    all_available = Boolean()

    options = RoleFilters.role_options | {"search", "search_namespaces", "all_available"}
    orders = {"name": "name", "path": "full_path", "id": "id"}
    default_order = ("name", "asc")
    unsupported = {**_NO_EXTRAS, "active": True, "archived": False, "marked_for_deletion_on": None}

    def filter_skip_groups(self, rows: GroupQuerySet, ids: list[int]) -> GroupQuerySet:
        return rows.exclude(pk__in=ids)


class ProjectGroupFilters(ListFilters):
    """`with_shared`: those that are invited too."""

    search = Text(max_length=MAX_SEARCH)
    skip_groups = Integers()
    with_shared = Boolean(default=False)
    shared_visible_only = Flag()  # others are never listed
    shared_min_access_level = NumberChoice({level.value: level for level in Role if level})

    options = frozenset({"search", "with_shared", "shared_min_access_level"})

    def filter_skip_groups(self, rows: GroupQuerySet, ids: list[int]) -> GroupQuerySet:
        return rows.exclude(pk__in=ids)


class NamespaceFilters(ListFilters):
    search = Text(max_length=MAX_SEARCH)
    full_path_search = Boolean(source="search_namespaces")
    owned_only = Boolean()
    top_level_only = Flag(parent=None)

    options = frozenset({"search", "full_path_search", "owned_only"})


class ProjectFilters(RoleFilters):
    search = Text(max_length=MAX_SEARCH)
    search_namespaces = Boolean()
    visibility = Level(Visibility)
    archived = Boolean()
    active = Boolean()
    id_after = Integer(source="pk__gt")
    id_before = Integer(source="pk__lt")
    last_activity_after = Moment(source="last_activity_at__gte")
    last_activity_before = Moment(source="last_activity_at__lte")
    updated_after = Moment(source="last_activity_at__gt")
    updated_before = Moment(source="last_activity_at__lt")
    # No project has a topic or a star, or keeps issues or merge requests.
    topic = Words()
    starred = Flag(pk__in=[])
    with_issues_enabled = Flag(pk__in=[])
    with_merge_requests_enabled = Flag(pk__in=[])
    simple = Boolean()

    options = RoleFilters.role_options | {"search", "search_namespaces", "simple"}
    orders = {
        "id": "id",
        "name": "name",
        "path": "path",
        "created_at": "created_at",
        "updated_at": "last_activity_at",
        "last_activity_at": "last_activity_at",
    }
    default_order = ("created_at", "desc")
    unsupported = {
        **_NO_EXTRAS,
        "imported": False,
        "include_hidden": False,
        "include_pending_delete": False,
        "marked_for_deletion_on": None,
        "repository_checksum_failed": False,
        "topic_id": None,
        "wiki_checksum_failed": False,
        "with_programming_language": None,
    }

    def filter_active(self, rows: ProjectQuerySet, wanted: bool) -> ProjectQuerySet:
        return rows.filter(archived=not wanted)

    def filter_topic(self, rows: ProjectQuerySet, topics: list[str]) -> ProjectQuerySet:
        return rows.none() if topics else rows


class GroupProjectFilters(ProjectFilters):
    include_subgroups = Boolean()
    with_shared = Boolean(default=True)
    with_security_reports = Flag(pk__in=[])  # none has any

    options = ProjectFilters.options | {"include_subgroups", "with_shared"}
    unsupported = {**ProjectFilters.unsupported, "include_ancestor_groups": False}


class MemberFilters(ListFilters):
    """`query`: part of a name or username."""

    query = Text(max_length=MAX_NAME)
    user_ids = Integers(source="user_id__in")
    skip_users = Integers()

    unsupported = {"show_seat_info": False, "state": "active", "with_saml_identity": False}

    def filter_query(self, rows: QuerySet[Membership], words: str) -> QuerySet[Membership]:
        return rows.filter(Q(user__username__icontains=words) | Q(user__name__icontains=words))

    def filter_skip_users(self, rows: QuerySet[Membership], ids: list[int]) -> QuerySet[Membership]:
        return rows.exclude(user_id__in=ids)
