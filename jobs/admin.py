"""Read-only administration of pipelines, jobs and runners, with actions to cancel and pause.

Nothing secret is shown: no digests, values of variables, scripts or logs.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from audit.read_only_admin import ReadOnlyAdmin
from audit.read_only_inline import ReadOnlyInline
from identity.credentials.expiry import ExpiryFilter
from identity.sign_in.users import current_user
from jobs.id_tokens.paths import free_path
from jobs.models import (
    CiVariable,
    CommitStatus,
    Deployment,
    Environment,
    IdTokenPath,
    Job,
    Pipeline,
    Runner,
    RunnerManager,
    Schedule,
    TriggerToken,
)
from jobs.pipelines.job_actions import cancel_job
from jobs.pipelines.services import cancel_pipeline
from jobs.runners.services import update_runner
from jobs.states import CANCELABLE


def _page_link(name: str, obj: Any) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(name, args=[obj.project.full_path, obj.pk]), _("Open the page"))


@admin.register(Pipeline)
class PipelineAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "ref", "status", "source", "user", "created_at")
    list_filter = ("status", "source", "tag", "protected", "created_at")
    list_select_related = ("project", "user")
    search_fields = ("project__full_path", "ref", "sha", "user__username")
    search_help_text = _("Project, ref, commit or user")
    date_hierarchy = "created_at"
    fields = (
        "page", "project", "iid", "name", "ref", "tag", "protected", "sha", "before_sha", "source", "status", "user",
        "started_by_job", "yaml_errors", "yaml_warnings", "created_at", "started_at", "finished_at",
    )  # fmt: skip
    readonly_fields = ("page",)
    actions = ("cancel",)

    @admin.display(description=_("page"))
    def page(self, pipeline: Pipeline) -> SafeString:
        return _page_link("project_pipeline", pipeline)

    @admin.action(description=_("Cancel the selected pipelines"), permissions=["view"])
    def cancel(self, request: HttpRequest, pipelines: QuerySet[Pipeline]) -> None:
        for pipeline in pipelines:
            cancel_pipeline(pipeline)
        count = len(pipelines)
        text = ngettext("%(n)d pipeline canceled.", "%(n)d pipelines canceled.", count)
        messages.success(request, text % {"n": count})


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("id", "name", "project", "status", "user", "runner", "created_at", "finished_at")
    list_filter = ("status", "failure_reason", "allow_failure", "retried", "created_at")
    list_select_related = ("project", "user", "runner")
    search_fields = ("=id", "name", "project__full_path", "user__username")
    search_help_text = _("ID, name, project or user")
    date_hierarchy = "created_at"
    fields = (
        "page", "project", "pipeline", "name", "stage", "status", "when", "allow_failure", "failure_reason",
        "exit_code", "tag_list", "protected", "retried", "user", "runner", "manager", "timeout", "created_at",
        "queued_at", "started_at", "finished_at", "touched_at", "erased_at", "erased_by",
    )  # fmt: skip
    readonly_fields = ("page",)
    actions = ("cancel",)

    @admin.display(description=_("page"))
    def page(self, job: Job) -> SafeString:
        return _page_link("project_job", job)

    @admin.action(description=_("Cancel the selected jobs"), permissions=["view"])
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        cancelable = [job for job in jobs if job.status in CANCELABLE]
        for job in cancelable:
            cancel_job(job)
        count = len(cancelable)
        messages.success(request, ngettext("%(n)d job canceled.", "%(n)d jobs canceled.", count) % {"n": count})


class ManagerInline(ReadOnlyInline):
    """Of what a machine says of itself, what people ask for; the API has the rest."""

    model = RunnerManager
    fields = ("system_id", "version", "platform", "executor", "address", "created_at", "contacted_at")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    @admin.display(description=_("version"))
    def version(self, manager: RunnerManager) -> str:
        return str(manager.info.get("version", ""))

    @admin.display(description=_("platform"))
    def platform(self, manager: RunnerManager) -> str:
        return "/".join(str(manager.info[name]) for name in ("platform", "architecture") if manager.info.get(name))

    @admin.display(description=_("executor"))
    def executor(self, manager: RunnerManager) -> str:
        return str(manager.info.get("executor", ""))


class RunnerTokenFilter(ExpiryFilter):
    title = _("token expires")
    field = "token_expires_at"


@admin.register(Runner)
class RunnerAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "description",
        "runner_type",
        "owner",
        "paused",
        "run_untagged",
        "access_level",
        "contacted_at",
    )
    list_filter = (
        "runner_type", "paused", RunnerTokenFilter, "locked", "run_untagged", "access_level", "contacted_at"
    )  # fmt: skip
    list_select_related = ("group",)
    search_fields = ("=id", "description", "group__full_path", "projects__full_path")
    search_help_text = _("ID, description, group or project")
    fields = (
        "runner_type", "group", "projects", "description", "maintenance_note", "tag_list", "paused", "locked",
        "run_untagged", "access_level", "maximum_timeout", "creator", "created_at", "contacted_at", "token_expires_at",
    )  # fmt: skip
    inlines = (ManagerInline,)
    actions = ("pause", "resume")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Runner]:
        return super().get_queryset(request).prefetch_related("projects")

    @admin.display(description=_("serves"))
    def owner(self, runner: Runner) -> str:
        if runner.group is not None:
            return runner.group.full_path
        return ", ".join(project.full_path for project in runner.projects.all()) or str(_("the instance"))

    @admin.action(description=_("Pause the selected runners"), permissions=["view"])
    def pause(self, request: HttpRequest, runners: QuerySet[Runner]) -> None:
        self._set(request, runners, paused=True)

    @admin.action(description=_("Resume the selected runners"), permissions=["view"])
    def resume(self, request: HttpRequest, runners: QuerySet[Runner]) -> None:
        self._set(request, runners, paused=False)

    def _set(self, request: HttpRequest, runners: QuerySet[Runner], *, paused: bool) -> None:
        for runner in runners:
            update_runner(runner, by=current_user(request), paused=paused)
        count = len(runners)
        text = ngettext("%(n)d runner saved.", "%(n)d runners saved.", count)
        messages.success(request, text % {"n": count})


@admin.register(CiVariable)
class CiVariableAdmin(ReadOnlyAdmin):
    """Shows owners and flags of variables, never their values."""

    list_display = ("key", "owner", "environment_scope", "variable_type", "protected", "masked", "hidden")
    list_filter = ("variable_type", "protected", "masked", "hidden")
    list_select_related = ("project", "group")
    search_fields = ("key", "project__full_path", "group__full_path")
    fields = (
        "key", "owner", "environment_scope", "variable_type", "protected", "masked", "hidden", "raw", "description",
        "created_at", "updated_at",
    )  # fmt: skip
    readonly_fields = ("owner",)

    @admin.display(description=pgettext_lazy("project or group", "of"))
    def owner(self, variable: CiVariable) -> str:
        return str(variable.project or variable.group or _("the instance"))


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    list_display = ("description", "project", "ref", "cron", "cron_timezone", "owner", "active", "next_run_at")
    list_filter = ("active",)
    list_select_related = ("project", "owner")
    search_fields = ("description", "project__full_path", "owner__username")
    fields = (
        "description", "project", "owner", "ref", "cron", "cron_timezone", "active", "next_run_at", "problem",
        "created_at", "updated_at",
    )  # fmt: skip


@admin.register(TriggerToken)
class TriggerTokenAdmin(ReadOnlyAdmin):
    list_display = ("description", "short", "project", "owner", "last_used_at", "expires_at")
    list_filter = (
        ExpiryFilter, ("expires_at", admin.EmptyFieldListFilter), ("last_used_at", admin.EmptyFieldListFilter)
    )  # fmt: skip
    list_select_related = ("project", "owner")
    search_fields = ("description", "project__full_path", "owner__username")
    fields = ("description", "short", "project", "owner", "created_at", "updated_at", "last_used_at", "expires_at")


@admin.register(Environment)
class EnvironmentAdmin(ReadOnlyAdmin):
    list_display = ("name", "project", "tier", "state", "auto_stop_at", "updated_at")
    list_filter = ("state", "tier")
    list_select_related = ("project",)
    search_fields = ("name", "slug", "project__full_path")
    search_help_text = _("Name or project")
    fields = (
        "page", "project", "name", "slug", "tier", "description", "external_url", "state", "auto_stop_at",
        "auto_stop_by", "problem", "created_at", "updated_at",
    )  # fmt: skip
    readonly_fields = ("page",)

    @admin.display(description=_("page"))
    def page(self, environment: Environment) -> SafeString:
        return _page_link("project_environment", environment)


@admin.register(Deployment)
class DeploymentAdmin(ReadOnlyAdmin):
    list_display = ("iid", "project", "environment", "job", "created_at", "finished_at")
    list_filter = ("created_at", ("finished_at", admin.EmptyFieldListFilter))
    list_select_related = ("project", "environment", "job")
    search_fields = ("project__full_path", "environment__name")
    fields = ("project", "iid", "environment", "job", "created_at", "finished_at")


@admin.register(CommitStatus)
class CommitStatusAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "pipeline", "name", "status", "user", "created_at")
    list_filter = ("status", "created_at")
    list_select_related = ("project", "pipeline__project", "user")
    search_fields = ("project__full_path", "name")


@admin.register(IdTokenPath)
class IdTokenPathAdmin(ReadOnlyAdmin):
    """Deleting a path lets another project at it have ID tokens with that path: only when nobody trusts it any more."""

    list_display = ("path", "project_id", "created_at")
    list_filter = ("created_at",)
    search_fields = ("path",)
    fields = ("path", "project_id", "created_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return current_user(request).is_superuser

    def delete_model(self, request: HttpRequest, obj: IdTokenPath) -> None:
        free_path(obj, by=current_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[IdTokenPath]) -> None:
        for row in queryset:
            free_path(row, by=current_user(request))
