"""Token Access in `GET` and `PUT /projects/:id` (job-token.md §3.2)."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from identity.models import User
from projects.extras import EXTRAS, Extra
from projects.models import Project
from tokenaccess import services
from tokenaccess.errors import TokenAccessError
from tokenaccess.load import settings_of
from tokenaccess.policy import Action


def _limits_outbound(project: Project, /) -> bool:
    return settings_of(project).limits_outbound


def _takes_job_pushes(project: Project, /) -> bool:
    return settings_of(project).takes_job_pushes


def _limit_outbound(project: Project, /, *, value: bool, by: User) -> None:
    try:
        services.limit_access(project, by=by, outbound=value)
    except TokenAccessError as error:
        raise ValidationError({"ci_job_token_scope_enabled": [error.message]}) from error


def _take_job_pushes(project: Project, /, *, value: bool, by: User) -> None:
    try:
        services.set_job_pushes(project, allowed=value, by=by)
    except TokenAccessError as error:
        raise ValidationError({"ci_push_repository_for_job_token_allowed": [error.message]}) from error


def register() -> None:
    """Called once, when the app is ready."""
    action = Action.MANAGE_TOKEN_ACCESS
    EXTRAS.append(Extra("ci_job_token_scope_enabled", action, read=_limits_outbound, write=_limit_outbound))
    EXTRAS.append(
        Extra("ci_push_repository_for_job_token_allowed", action, read=_takes_job_pushes, write=_take_job_pushes)
    )
