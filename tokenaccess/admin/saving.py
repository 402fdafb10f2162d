"""A form's data, handed to the services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError

from identity.models import User
from projects.models import Project
from tokenaccess import services
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import AllowlistEntry, TokenAccessSettings


@contextmanager
def on_the_projects_page() -> Iterator[None]:
    """That page tells what is invalid, and takes back the whole form."""
    try:
        yield
    except TokenAccessError as error:
        raise ValidationError(error.message) from error


def make_entry(project: Project, data: dict[str, Any], by: User) -> AllowlistEntry:
    granted = {"default_permissions": data["default_permissions"], "permissions": data["permissions"]}
    if data["target_group"] is not None:
        return services.admit_group(project, target=data["target_group"], by=by, **granted)
    return services.admit_project(project, target=data["target_project"], by=by, direction=data["direction"], **granted)


def alter_entry(entry: AllowlistEntry, data: dict[str, Any], by: User) -> AllowlistEntry:
    """Only what an entry may do can be changed; outbound entries have nothing to change."""
    if entry.direction == "outbound":
        return entry
    return services.set_permissions(
        entry.project,
        target=entry.target,
        default_permissions=data["default_permissions"],
        permissions=data["permissions"],
        by=by,
    )


def save_settings(project: Project, data: dict[str, Any], by: User) -> TokenAccessSettings:
    services.limit_access(project, by=by, inbound=data["limits_inbound"], outbound=data["limits_outbound"])
    return services.set_job_pushes(project, allowed=data["takes_job_pushes"], by=by)
