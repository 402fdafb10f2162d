"""Limits and allowlist on the project's admin page, and actions on many projects.

The page belongs to the app `projects`, which cannot import this one, so both are added to it here.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from identity.sign_in.users import current_user
from projects.models import Project
from tokenaccess.admin.saving import add_entry, change_entry, save_settings, validation_errors
from tokenaccess.admin.shared import EntryForm
from tokenaccess.allowlist import services
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import AllowlistEntry, TokenAccessSettings


class SettingsFormSet(BaseInlineFormSet):
    by: Any

    def save_new(self, form: Any, commit: bool = True) -> Any:
        with validation_errors():
            return save_settings(self.instance, form.cleaned_data, self.by)

    def save_existing(self, form: Any, obj: Any, commit: bool = True) -> Any:
        return self.save_new(form)


class EntryFormSet(BaseInlineFormSet):
    by: Any

    def save_new(self, form: Any, commit: bool = True) -> Any:
        with validation_errors():
            return add_entry(self.instance, form.cleaned_data, self.by)

    def save_existing(self, form: Any, obj: Any, commit: bool = True) -> Any:
        stored = AllowlistEntry.objects.select_related("project", "target_project", "target_group").get(pk=obj.pk)
        with validation_errors():
            return change_entry(stored, form.cleaned_data, self.by)

    def delete_existing(self, obj: Any, commit: bool = True) -> None:
        with validation_errors():
            services.delete_entry(obj, by=self.by)


class ProjectPageInline:
    """Passes the acting user to the formset; hidden while a project is being created."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and super().has_view_permission(request, obj)  # type: ignore[misc]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and super().has_add_permission(request, obj)  # type: ignore[misc]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and super().has_change_permission(request, obj)  # type: ignore[misc]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and super().has_delete_permission(request, obj)  # type: ignore[misc]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Django asks without the project, which would mean none."""
        return self.model._default_manager.all()  # type: ignore[attr-defined]

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]
        formset.by = current_user(request)
        return formset


class SettingsInline(ProjectPageInline, admin.StackedInline):
    model = TokenAccessSettings
    formset = SettingsFormSet
    can_delete = False
    verbose_name_plural = "Token Access"
    classes = ("collapse",)


class AllowlistInline(ProjectPageInline, admin.StackedInline):
    model = AllowlistEntry
    form = EntryForm
    formset = EntryFormSet
    fk_name = "project"
    extra = 0
    autocomplete_fields = ("target_project", "target_group", "owner")
    readonly_fields = ("added_by", "created_at", "autopopulated")
    verbose_name_plural = _("Allowlist: who may come in, and what its own jobs may reach")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Without buttons to create or change projects beside each choice."""
        formset = super().get_formset(request, obj, **kwargs)
        for name in self.autocomplete_fields:
            widget = formset.form.base_fields[name].widget
            widget.can_add_related = widget.can_change_related = widget.can_view_related = False
        return formset

    def get_queryset(self, request: HttpRequest) -> QuerySet[AllowlistEntry]:
        related = ("project", "target_project", "target_group", "added_by")
        return super().get_queryset(request).select_related(*related)


@admin.action(description=_("Limit access to the selected projects"), permissions=["change"])
def limit_inbound(admin_page: Any, request: HttpRequest, projects: QuerySet[Project]) -> None:
    _set_limits(request, projects, inbound=True)


@admin.action(description=_("Open the selected projects to every project's jobs"), permissions=["change"])
def open_inbound(admin_page: Any, request: HttpRequest, projects: QuerySet[Project]) -> None:
    _set_limits(request, projects, inbound=False)


@admin.action(description=_("Limit access from the selected projects"), permissions=["change"])
def limit_outbound(admin_page: Any, request: HttpRequest, projects: QuerySet[Project]) -> None:
    _set_limits(request, projects, outbound=True)


@admin.action(description=_("Let jobs of the selected projects go anywhere"), permissions=["change"])
def open_outbound(admin_page: Any, request: HttpRequest, projects: QuerySet[Project]) -> None:
    _set_limits(request, projects, outbound=False)


def _set_limits(request: HttpRequest, projects: QuerySet[Project], **limits: bool) -> None:
    """Each project on its own: an error in one does not stop the others."""
    done = 0
    for project in projects:
        try:
            services.limit_access(project, by=current_user(request), **limits)
        except TokenAccessError as error:
            messages.error(request, f"{project.full_path}: {error.message}")
        else:
            done += 1
    if done:
        messages.success(request, ngettext("%(n)d project changed.", "%(n)d projects changed.", done) % {"n": done})


_project_admin: Any = admin.site.get_model_admin(Project)
_project_admin.inlines.extend([SettingsInline, AllowlistInline])
_project_admin.actions.extend([limit_inbound, open_inbound, limit_outbound, open_outbound])
