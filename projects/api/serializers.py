"""Groups and projects as JSON, in GitLab's keys (job-token.md §3). What needs look-ups asks once for a whole page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import (
    ABSENT,
    Constant,
    Day,
    LevelName,
    Moment,
    OptionalMethod,
    ResponseSerializer,
    with_fields,
)
from identity.api.serializers import BasicUserSerializer
from identity.models import User, today
from identity.sign_in.users import signed_in_user
from projects.extensions.settings import EXTENSIONS
from projects.full_names import full_names
from projects.models import Group, GroupLink, Membership, Project
from projects.repository import Repository
from projects.repository.addresses import ssh_address
from projects.roles.members import active_links
from projects.tree_browser import readme_path
from tokenaccess.access.gate import is_allowed, permitted_ids
from tokenaccess.policy import Action
from tokenaccess.policy.features import FEATURES
from tokenaccess.policy.levels import FeatureLevel, VariablesLevel, Visibility

GUEST_NOTIFICATIONS = 3  # GitLab's "global" notification level; there are no notifications here


# --- Groups -----------------------------------------------------------------------------------------------------------


class GroupNames(ResponseSerializer):
    """What is made of a group's path and of the groups above it."""

    def prepare(self, rows: Sequence[Group]) -> None:
        self.full_names = full_names(group.pk for group in rows)

    def get_web_url(self, group: Group) -> str:
        return self.absolute_url(f"/groups/{group.full_path}")

    def get_full_name(self, group: Group) -> str:
        return self.full_names[group.pk]


class GroupSerializer(GroupNames):
    """One query, however many groups."""

    id = serializers.IntegerField()
    web_url = serializers.SerializerMethodField()
    name = serializers.CharField()
    path = serializers.CharField()
    description = serializers.CharField()
    visibility = LevelName(Visibility)
    avatar_url = Constant(None)
    full_name = serializers.SerializerMethodField()
    full_path = serializers.CharField()
    created_at = Moment()
    parent_id = serializers.IntegerField(allow_null=True)


class GroupLinkSerializer(ResponseSerializer):
    """A group that is invited somewhere, as that place lists it."""

    group_id = serializers.IntegerField(source="invited_id")
    group_name = serializers.CharField(source="invited.name")
    group_full_path = serializers.CharField(source="invited.full_path")
    group_access_level = serializers.IntegerField(source="role")
    expires_at = Day(allow_null=True)


def links_to(place: Project | Group, user: User | None) -> list[GroupLink]:
    """Groups invited there that the person may see."""
    visible = Group.objects.visible_to(user).values("pk")
    return list(active_links().filter(invited__in=visible, **{str(place.kind): place}))


class GroupDetailSerializer(GroupSerializer):
    shared_with_groups = serializers.SerializerMethodField()

    @extend_schema_field(GroupLinkSerializer(many=True))
    def get_shared_with_groups(self, group: Group) -> list[Any]:
        links = links_to(group, signed_in_user(self.context["request"]))
        return GroupLinkSerializer(context=self.context).render_all(links)


class ProjectLinkSerializer(ResponseSerializer):
    """A new invitation into a project."""

    id = serializers.IntegerField()
    project_id = serializers.IntegerField()
    group_id = serializers.IntegerField(source="invited_id")
    group_access = serializers.IntegerField(source="role")
    expires_at = Day(allow_null=True)


class ProjectGroupSerializer(GroupNames):
    """A group that a project lies in or that is invited there."""

    id = serializers.IntegerField()
    web_url = serializers.SerializerMethodField()
    name = serializers.CharField()
    avatar_url = Constant(None)
    full_name = serializers.SerializerMethodField()
    full_path = serializers.CharField()


class NamespaceSerializer(ResponseSerializer):
    """A group or a person's own namespace, as a project names where it lies."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    path = serializers.CharField()
    kind = serializers.SerializerMethodField()
    full_path = serializers.CharField()
    parent_id = serializers.IntegerField(allow_null=True)
    avatar_url = Constant(None)
    web_url = serializers.SerializerMethodField()

    def get_kind(self, group: Group) -> str:
        return "group" if group.person_id is None else "user"

    def get_web_url(self, group: Group) -> str:
        return self.absolute_url(f"/groups/{group.full_path}" if group.person_id is None else f"/{group.full_path}")


# --- Projects ---------------------------------------------------------------------------------------------------------


class BasicProjectSerializer(ResponseSerializer):
    """The keys of job-token.md §3; select `group` with the projects. Two queries, however many.

    `default_branch`, `readme_url` and `forks_count` only where the current user may read the code.
    """

    id = serializers.IntegerField()
    description = serializers.CharField()
    name = serializers.CharField()
    name_with_namespace = serializers.SerializerMethodField()
    path = serializers.CharField()
    path_with_namespace = serializers.CharField(source="full_path")
    created_at = Moment()
    tag_list = Constant([])
    topics = Constant([])
    ssh_url_to_repo = serializers.SerializerMethodField()
    http_url_to_repo = serializers.SerializerMethodField()
    web_url = serializers.SerializerMethodField()
    avatar_url = Constant(None)
    star_count = Constant(0)
    last_activity_at = Moment()
    visibility = LevelName(Visibility)
    namespace = NamespaceSerializer(source="group")
    default_branch = OptionalMethod()
    readme_url = OptionalMethod()
    forks_count = OptionalMethod()

    def prepare(self, rows: Sequence[Project]) -> None:
        self.namespace_names = full_names(project.group_id for project in rows)
        self.readable = permitted_ids(signed_in_user(self.context["request"]), Action.READ_CODE, rows)

    def get_name_with_namespace(self, project: Project) -> str:
        return f"{self.namespace_names[project.group_id]} / {project.name}"

    def get_ssh_url_to_repo(self, project: Project) -> str:
        return ssh_address(project)

    def get_http_url_to_repo(self, project: Project) -> str:
        return f"{self.absolute_url(f'/{project.full_path}')}.git"

    def get_web_url(self, project: Project) -> str:
        return self.absolute_url(f"/{project.full_path}")

    def get_default_branch(self, project: Project) -> str:
        return project.default_branch if project.pk in self.readable else ABSENT

    def get_readme_url(self, project: Project) -> str | None:
        if project.pk not in self.readable:
            return ABSENT
        readme = readme_path(Repository(project.repository_path), project.default_branch)
        return readme and f"{self.get_web_url(project)}/-/blob/{project.default_branch}/{readme}"

    def get_forks_count(self, project: Project) -> int:
        return 0 if project.pk in self.readable else ABSENT


class RoleHeldSerializer(serializers.Serializer[Any]):
    access_level = serializers.IntegerField()
    notification_level = serializers.IntegerField()


class PermissionsSerializer(serializers.Serializer[Any]):
    """The current user's membership in the project itself, and the highest one in the groups above."""

    project_access = RoleHeldSerializer(allow_null=True)
    group_access = RoleHeldSerializer(allow_null=True)


class ProjectLinksSerializer(serializers.Serializer[Any]):
    self = serializers.URLField()
    repo_branches = serializers.URLField()
    members = serializers.URLField()


class FeatureEnabled(serializers.BooleanField):
    """Whether the feature serves anybody, out of its level."""

    @staticmethod
    def convert(level: int) -> bool:
        return level != FeatureLevel.DISABLED


class IsRestricted(serializers.BooleanField):
    """Whether not every developer may set variables of a pipeline."""

    @staticmethod
    def convert(level: int) -> bool:
        return level > VariablesLevel.DEVELOPER


class Either(serializers.ChoiceField):
    """Yes or no in two words of GitLab's."""

    def __init__(self, yes: str, no: str, **options: Any) -> None:
        self.convert = {True: yes, False: no}.__getitem__
        super().__init__([yes, no], **options)


def _feature_fields() -> dict[str, Any]:
    switches = {row.switch: FeatureEnabled(source=row.column) for row in FEATURES if row.switch}
    return {**{row.column: LevelName(FeatureLevel) for row in FEATURES}, **switches}


@with_fields(_feature_fields())
class ProjectSerializer(BasicProjectSerializer):
    """Everything about projects but what needs their repository or other apps. Four queries, however many."""

    _links = serializers.SerializerMethodField(method_name="get_links")
    archived = serializers.BooleanField()
    creator_id = serializers.IntegerField(allow_null=True)
    import_status = Constant("none")
    shared_runners_enabled = serializers.BooleanField()
    keep_latest_artifact = serializers.BooleanField()
    lfs_enabled = serializers.BooleanField()
    public_jobs = serializers.BooleanField()
    restrict_user_defined_variables = IsRestricted(source="pipeline_variables_level")
    ci_pipeline_variables_minimum_override_role = LevelName(VariablesLevel, source="pipeline_variables_level")
    auto_cancel_pending_pipelines = Either("enabled", "disabled", source="auto_cancel_pipelines")
    build_git_strategy = Either("fetch", "clone", source="fetches_code")
    ci_separated_caches = serializers.BooleanField(source="separate_caches")
    ci_id_token_sub_claim_components = serializers.ListField(child=serializers.CharField(), source="id_token_subject")
    ci_config_path = serializers.CharField()
    build_timeout = serializers.IntegerField()
    ci_default_git_depth = serializers.IntegerField(source="git_depth")
    permissions = serializers.SerializerMethodField()

    def prepare(self, rows: Sequence[Project]) -> None:
        super().prepare(rows)
        self.held = _permissions(signed_in_user(self.context["request"]), rows)

    @extend_schema_field(ProjectLinksSerializer)
    def get_links(self, project: Project) -> dict[str, str]:
        api = self.absolute_url(f"/api/v4/projects/{project.pk}")
        return {"self": api, "repo_branches": f"{api}/repository/branches", "members": f"{api}/members"}

    @extend_schema_field(PermissionsSerializer)
    def get_permissions(self, project: Project) -> dict[str, Any]:
        return self.held[project.pk]


class ProjectDetailSerializer(ProjectSerializer):
    """One project, also with what other apps keep of it, as far as the current user may see that
    (projects.extensions.settings)."""

    empty_repo = OptionalMethod()
    shared_with_groups = serializers.SerializerMethodField()
    forked_from_project = OptionalMethod()

    def get_fields(self) -> dict[str, Any]:
        return {
            **super().get_fields(),
            **{extra.name: serializers.BooleanField(required=False) for extra in EXTENSIONS},
        }

    @extend_schema_field(GroupLinkSerializer(many=True))
    def get_shared_with_groups(self, project: Project) -> list[Any]:
        links = links_to(project, signed_in_user(self.context["request"]))
        return GroupLinkSerializer(context=self.context).render_all(links)

    @extend_schema_field(BasicProjectSerializer)
    def get_forked_from_project(self, project: Project) -> Any:
        """Of a fork whose origin the current user may see."""
        if project.forked_from_id is None:
            return ABSENT
        visible = Project.objects.visible_to(signed_in_user(self.context["request"])).alive().select_related("group")
        origin = visible.filter(pk=project.forked_from_id).first()
        return ABSENT if origin is None else BasicProjectSerializer(context=self.context).render(origin)

    def get_empty_repo(self, project: Project) -> bool:
        return Repository(project.repository_path).is_empty() if project.pk in self.readable else ABSENT

    def to_representation(self, instance: Project) -> dict[str, Any]:
        request = self.context["request"]._request
        known = [extra for extra in EXTENSIONS if is_allowed(request, extra.action, instance)]
        return {**super().to_representation(instance), **{extra.name: extra.read(instance) for extra in known}}


def _permissions(user: User | None, projects: Iterable[Project]) -> dict[int, dict[str, Any]]:
    """Project id → the current user's membership in the project itself and the highest one in the groups above."""
    projects = list(projects)
    own: dict[int, int] = {}
    through: dict[int, int] = {}
    if user is not None:
        alive = Membership.objects.filter(Q(expires_at=None) | Q(expires_at__gt=today()), user=user)
        own = dict(alive.filter(project__in=[project.pk for project in projects]).values_list("project_id", "role"))
        groups = alive.filter(group__descendant_links__group__in={project.group_id for project in projects})
        for group_id, role in groups.values_list("group__descendant_links__group_id", "role"):
            through[group_id] = max(role, through.get(group_id, 0))
    return {
        project.pk: {
            "project_access": _access_json(own.get(project.pk)),
            "group_access": _access_json(through.get(project.group_id)),
        }
        for project in projects
    }


def _access_json(role: int | None) -> dict[str, int] | None:
    return None if role is None else {"access_level": role, "notification_level": GUEST_NOTIFICATIONS}


# --- Members ----------------------------------------------------------------------------------------------------------


class MemberSerializer(ResponseSerializer):
    """A membership, as the person who has it: all that anyone signed in may know of them, and what they are here."""

    id = serializers.IntegerField(source="user_id")
    username = serializers.CharField(source="user.username")
    name = serializers.SerializerMethodField()
    state = serializers.CharField(source="user.state")
    locked = Constant(False)
    avatar_url = Constant(None)
    web_url = serializers.SerializerMethodField()
    access_level = serializers.IntegerField(source="role")
    created_at = Moment()
    created_by = BasicUserSerializer(allow_null=True)
    expires_at = Day(allow_null=True)
    membership_state = Constant("active")

    def get_name(self, membership: Membership) -> str:
        return membership.user.get_full_name()

    def get_web_url(self, membership: Membership) -> str:
        return self.absolute_url("/" if membership.user.is_bot else f"/{membership.user.username}")
