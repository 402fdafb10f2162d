"""Save admin form data through the services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError

from identity.models import User
from projects.models import Project
from tokenaccess.allowlist import services
from tokenaccess.errors import TokenAccessError
from tokenaccess.explanation.error_wording import error_words
from tokenaccess.models import AllowlistEntry, TokenAccessSettings
from tokenaccess.policy.levels import AddressMode, InboundMode


@contextmanager
def validation_errors() -> Iterator[None]:
    """Translate service errors into ValidationError, which the project's admin page shows and rolls back."""
    try:
        yield
    except TokenAccessError as error:
        raise ValidationError(error_words(error.message)) from error


def add_entry(project: Project, data: dict[str, Any], by: User) -> AllowlistEntry:
    granted = {"default_permissions": data["default_permissions"], "permissions": data["permissions"]}
    target = data["target_group"] or data["target_project"]
    return services.add_entry(project, target, by=by, direction=data["direction"], terms=terms_in(data), **granted)


def change_entry(entry: AllowlistEntry, data: dict[str, Any], by: User) -> AllowlistEntry:
    """Permissions and terms; outbound entries have no permissions."""
    if entry.direction != "outbound":
        services.set_permissions(
            entry.project,
            entry.target,
            default_permissions=data["default_permissions"],
            permissions=data["permissions"],
            by=by,
        )
    return services.set_terms(entry, terms_in(data), by=by)


def terms_in(data: dict[str, Any]) -> services.Terms:
    return {
        "reason": data["reason"],
        "owner": data["owner"],
        "expires_at": data["expires_at"],
        "conditions": data["conditions"],
    }


def save_settings(project: Project, data: dict[str, Any], by: User) -> TokenAccessSettings:
    """The mode, the outbound limit, what is done about tokens used from elsewhere, and the pushes."""
    services.set_inbound_mode(project, InboundMode(data["inbound_mode"]), by=by)
    services.limit_access(project, by=by, outbound=data["limits_outbound"])
    services.set_address_mode(project, AddressMode(data["address_mode"]), by=by)
    return services.set_job_pushes(
        project,
        by=by,
        allowed=data["takes_job_pushes"],
        cross_project=data["takes_cross_project_pushes"],
        start_pipelines=data["job_pushes_start_pipelines"],
    )
