"""Groups, projects and memberships in the administration. Everything is written by the services, as everywhere."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.admin_base import ServiceBackedAdmin
from identity.sign_in.users import current_user
from projects import services
from projects.badges import services as badge_services
from projects.models import Badge, Group, Membership, Project, ProtectedRef, RefKind
from projects.services.members import membership_target
from tokenaccess.policy import features


class ThroughServices(ServiceBackedAdmin):
    """`fixed`: fields that are chosen once, when the thing is made."""

    fixed: ClassVar[tuple[str, ...]] = ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), *(self.fixed if obj else ()))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            self.alter(request, self.model._default_manager.get(pk=obj.pk), form.changed_data, form.cleaned_data)
            return
        made = self.make(request, form.cleaned_data)
        obj.pk = made.pk
        obj._state.adding = False

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.remove(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for obj in queryset:
            self.remove(request, obj)

    def make(self, request: HttpRequest, data: dict[str, Any]) -> Model:
        raise NotImplementedError

    def alter(self, request: HttpRequest, obj: Any, changed: list[str], data: dict[str, Any]) -> None:
        raise NotImplementedError

    def remove(self, request: HttpRequest, obj: Any) -> None:
        raise NotImplementedError


@admin.register(Group)
class GroupAdmin(ThroughServices):
    list_display = ("full_path", "name", "visibility", "person", "created_at")
    list_filter = ("visibility", ("person", admin.EmptyFieldListFilter))
    list_select_related = ("person",)
    search_fields = ("full_path", "name")
    autocomplete_fields = ("parent",)
    fields = ("name", "path", "parent", "visibility", "description")
    fixed = ("path", "parent")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return super().get_queryset(request).alive()  # type: ignore[attr-defined]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What the service deletes, instead of what the database would keep from going."""
        if any(group.person_id is not None for group in objs):
            return super().get_deleted_objects(objs, request)
        chosen = [group.pk for group in objs]
        groups = Group.objects.filter(ancestor_links__ancestor__in=chosen).distinct()
        projects = Project.objects.alive().filter(group__in=groups)
        denied = {"project"} if projects.exists() and not request.user.has_perm("projects.delete_project") else set()
        counts = {"groups": groups.count(), "projects": projects.count()}
        return [*map(str, groups), *map(str, projects)], counts, denied, []

    def make(self, request: HttpRequest, data: dict[str, Any]) -> Group:
        return services.create_group(by=current_user(request), **data)

    def alter(self, request: HttpRequest, obj: Group, changed: list[str], data: dict[str, Any]) -> None:
        services.update_group(obj, by=current_user(request), **{name: data[name] for name in changed})

    def remove(self, request: HttpRequest, obj: Group) -> None:
        services.delete_group(obj, by=current_user(request))


@admin.register(Project)
class ProjectAdmin(ThroughServices):
    """Apps further out add to `inlines` and `actions`: this one may not know them."""

    inlines: ClassVar[Any] = []
    actions: list[Any] = []
    list_display = ("full_path", "visibility", "archived", "creator", "created_at", "last_activity_at")
    list_filter = ("visibility", "archived", *features.columns())
    list_select_related = ("creator",)
    search_fields = ("full_path", "name")
    autocomplete_fields = ("group",)
    readonly_fields = ("creator", "created_at", "last_activity_at")
    fixed = ("path", "group")
    fieldsets = (
        (None, {"fields": ("name", "path", "group", "visibility", "description", "default_branch", "archived")}),
        (_("Features"), {"fields": (*features.columns(), "lfs_enabled")}),
        (
            _("CI/CD"),
            {
                "fields": (
                    "public_jobs",
                    "ci_config_path",
                    "build_timeout",
                    "git_depth",
                    "shared_runners_enabled",
                    "keep_latest_artifact",
                    "pipeline_variables_level",
                    "auto_cancel_pipelines",
                    "fetches_code",
                    "separate_caches",
                )
            },
        ),
        (_("History"), {"fields": ("creator", "created_at", "last_activity_at")}),
    )

    def make(self, request: HttpRequest, data: dict[str, Any]) -> Project:
        return services.create_project(by=current_user(request), **data)

    def alter(self, request: HttpRequest, obj: Project, changed: list[str], data: dict[str, Any]) -> None:
        services.update_project(obj, by=current_user(request), **{name: data[name] for name in changed})

    def remove(self, request: HttpRequest, obj: Project) -> None:
        services.delete_project(obj, by=current_user(request))


@admin.register(Membership)
class MembershipAdmin(ThroughServices):
    list_display = ("user", "place", "role", "expires_at", "created_by", "created_at")
    list_filter = ("role", ("expires_at", admin.EmptyFieldListFilter), ("project", admin.EmptyFieldListFilter))
    list_select_related = ("user", "project", "group", "created_by")
    search_fields = ("user__username", "user__name", "project__full_path", "group__full_path")
    autocomplete_fields = ("user", "project", "group")
    fields = ("user", "project", "group", "role", "expires_at")
    fixed = ("user", "project", "group")

    @admin.display(description=pgettext_lazy("project or group", "in"))
    def place(self, membership: Membership) -> str:
        return membership_target(membership).full_path

    def make(self, request: HttpRequest, data: dict[str, Any]) -> Membership:
        return services.add_member(
            user=data["user"],
            target=data["project"] or data["group"],
            role=data["role"],
            expires_at=data["expires_at"],
            by=current_user(request),
        )

    def alter(self, request: HttpRequest, obj: Membership, changed: list[str], data: dict[str, Any]) -> None:
        services.update_member(obj, role=data["role"], expires_at=data["expires_at"], by=current_user(request))

    def remove(self, request: HttpRequest, obj: Membership) -> None:
        services.remove_member(obj, by=current_user(request))


@admin.register(ProtectedRef)
class ProtectedRefAdmin(ThroughServices):
    list_display = ("name", "kind", "project", "push_level", "merge_level", "allow_force_push", "created_at")
    list_filter = ("kind", "push_level", "merge_level", "allow_force_push")
    list_select_related = ("project",)
    search_fields = ("name", "project__full_path")
    autocomplete_fields = ("project",)
    fields = ("project", "kind", "name", "push_level", "merge_level", "allow_force_push")
    fixed = ("project", "kind", "name")

    def make(self, request: HttpRequest, data: dict[str, Any]) -> ProtectedRef:
        project, kind = data.pop("project"), RefKind(data.pop("kind"))
        return services.protect(project, kind=kind, by=current_user(request), **data)

    def alter(self, request: HttpRequest, obj: ProtectedRef, changed: list[str], data: dict[str, Any]) -> None:
        services.change_protection(obj, by=current_user(request), **{name: data[name] for name in changed})

    def remove(self, request: HttpRequest, obj: ProtectedRef) -> None:
        services.unprotect(obj, by=current_user(request))


@admin.register(Badge)
class BadgeAdmin(ThroughServices):
    list_display = ("__str__", "place", "link_url", "image_url", "created_at")
    list_filter = (("project", admin.EmptyFieldListFilter),)
    list_select_related = ("project", "group")
    search_fields = ("name", "link_url", "project__full_path", "group__full_path")
    autocomplete_fields = ("project", "group")
    fields = ("project", "group", "name", "link_url", "image_url")
    fixed = ("project", "group")

    @admin.display(description=pgettext_lazy("project or group", "in"))
    def place(self, badge: Badge) -> str:
        return str(badge.project or badge.group)

    def make(self, request: HttpRequest, data: dict[str, Any]) -> Badge:
        target = data.pop("project") or data.pop("group")
        data.pop("group", None)
        return badge_services.create_badge(target, by=current_user(request), **data)

    def alter(self, request: HttpRequest, obj: Badge, changed: list[str], data: dict[str, Any]) -> None:
        badge_services.update_badge(obj, by=current_user(request), **{name: data[name] for name in changed})

    def remove(self, request: HttpRequest, obj: Badge) -> None:
        badge_services.delete_badge(obj, by=current_user(request))
