"""Token Access in `GET` and `PUT /projects/:id` (job-token.md §3.2)."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from identity.models import User
from projects.extensions.settings import EXTENSIONS, SettingExtension
from projects.models import Project
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.errors import TokenAccessError
from tokenaccess.policy import Action

# Name in the API, field, argument of the service.
_PUSHES = (
    ("ci_push_repository_for_job_token_allowed", "takes_job_pushes", "allowed"),
    ("ci_cross_project_push_for_job_token_allowed", "takes_cross_project_pushes", "cross_project"),
    ("ci_pipelines_for_job_token_push_allowed", "job_pushes_start_pipelines", "start_pipelines"),
)


def _limits_outbound(project: Project, /) -> bool:
    return settings_of(project).limits_outbound


def _limit_outbound(project: Project, /, *, value: bool, by: User) -> None:
    try:
        services.limit_access(project, by=by, outbound=value)
    except TokenAccessError as error:
        raise ValidationError({"ci_job_token_scope_enabled": [error.message]}) from error


def _of_pushes(name: str, field: str, argument: str) -> SettingExtension:
    """One of the settings about pushes by jobs: its name in the API, its field, and the argument of its service."""

    def read(project: Project, /) -> bool:
        return bool(getattr(settings_of(project), field))

    def write(project: Project, /, *, value: bool, by: User) -> None:
        try:
            services.set_job_pushes(project, by=by, **{argument: value})
        except TokenAccessError as error:
            raise ValidationError({name: [error.message]}) from error

    return SettingExtension(name, Action.MANAGE_TOKEN_ACCESS, read=read, write=write)


def register() -> None:
    """Called once, when the app is ready."""
    action = Action.MANAGE_TOKEN_ACCESS
    EXTENSIONS.append(
        SettingExtension("ci_job_token_scope_enabled", action, read=_limits_outbound, write=_limit_outbound)
    )
    EXTENSIONS.extend(_of_pushes(*names) for names in _PUSHES)
