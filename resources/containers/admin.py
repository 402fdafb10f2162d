"""Container repositories in the administration: to look at, and to delete."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from audit.read_only_admin import ReadOnlyAdmin
from identity.sign_in.users import current_user
from resources.containers import services
from resources.containers.models import ContainerRepository, ImageProtection, Tag


@admin.register(ContainerRepository)
class ContainerRepositoryAdmin(ReadOnlyAdmin):
    list_display = ("path", "project", "status", "created_at", "cleanup_requested_at")
    list_filter = ("status", ("project", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("project",)
    search_fields = ("path", "project__full_path")
    fields = ("path", "project", "status", "created_at", "cleanup_requested_at", "cleanup")
    actions = ("schedule_deletion",)

    @admin.action(description=_("Delete the selected repositories and their images"), permissions=["view"])
    def schedule_deletion(self, request: HttpRequest, repositories: QuerySet[ContainerRepository]) -> None:
        chosen = list(repositories.select_related("project"))
        for repository in chosen:
            services.schedule_deletion(repository, by=current_user(request))
        text = ngettext(
            "%(n)d repository is being deleted, with its images.",
            "%(n)d repositories are being deleted, with their images.",
            len(chosen),
        )
        self.message_user(request, text % {"n": len(chosen)})


@admin.register(Tag)
class TagAdmin(ReadOnlyAdmin):
    list_display = ("name", "repository", "manifest", "pusher", "job", "pushed_at")
    list_filter = ("pushed_at",)
    list_select_related = ("repository", "manifest", "pusher", "job")
    search_fields = ("name", "repository__path", "manifest__digest")
    fields = ("name", "repository", "manifest", "pusher", "job", "pushed_at")


@admin.register(ImageProtection)
class ImageProtectionAdmin(ReadOnlyAdmin):
    list_display = ("pattern", "project", "push_level", "delete_level", "created_at")
    list_filter = ("push_level", "delete_level", "created_at")
    list_select_related = ("project",)
    search_fields = ("pattern", "project__full_path")
    fields = ("project", "pattern", "push_level", "delete_level", "created_at")
