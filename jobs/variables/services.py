"""Creates, changes and deletes CI variables of projects, groups and the instance. Values never reach the audit log."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit import services as audit
from identity.encryption import encrypt
from identity.models import User
from identity.names import require_visible
from jobs.models import CiVariable
from jobs.models.variable import VariableType
from jobs.variables.keys import is_variable_key
from projects.models import Group, Project

MAX_VALUE_LENGTH = 10_000
_SCOPE = re.compile(r"[A-Za-z0-9_/${}. *-]{1,255}\Z")
# Values that can be masked without masking half of the log (runner.md §6). A `$` would be expanded before masking.
_MASKABLE = re.compile(r"[a-zA-Z0-9_+=/@:.~-]{8,}\Z")
_MASKABLE_RAW = re.compile(r"\S{8,}\Z")
CHANGEABLE = frozenset({"variable_type", "environment_scope", "protected", "masked", "raw", "description"})


@transaction.atomic
def create_variable(
    *, key: str, value: str, by: User, project: Project | None = None, group: Group | None = None, **more: Any
) -> CiVariable:
    """Create a variable of the project, the group, or with neither, of the instance. Raises ValidationError by field.

    `more`: any of CHANGEABLE, and `hidden`, which implies `masked` and cannot be undone.
    """
    hidden = bool(more.pop("hidden", False))
    _reject_unknown(more)
    variable = CiVariable(project=project, group=group, key=key, hidden=hidden, **more)
    variable.masked = variable.masked or hidden
    if not is_variable_key(key):
        raise ValidationError({"key": ["can contain only letters, digits and '_'."]})
    require_visible(description=variable.description)
    _save(variable, value)
    _record("variable_created", "was created", variable, by)
    return variable


@transaction.atomic
def update_variable(variable: CiVariable, *, by: User, value: str | None = None, **more: Any) -> CiVariable:
    """Change a variable. `value`: None keeps it. `more`: any of CHANGEABLE. Raises ValidationError by field."""
    variable = CiVariable.objects.select_for_update(of=("self",)).select_related("project", "group").get(pk=variable.pk)
    _reject_unknown(more)
    if variable.hidden and not more.get("masked", True):
        raise ValidationError({"masked": ["cannot be taken from a hidden variable"]})
    if more.get("description", variable.description) != variable.description:
        require_visible(description=more["description"])
    for field, new in more.items():
        setattr(variable, field, new)
    _save(variable, variable.value if value is None else value)
    _record("variable_updated", "was changed", variable, by)
    return variable


@transaction.atomic
def delete_variable(variable: CiVariable, *, by: User) -> None:
    _record("variable_deleted", "was deleted", variable, by)
    variable.delete()


def _reject_unknown(fields: dict[str, Any]) -> None:
    if unknown := fields.keys() - CHANGEABLE:
        raise TypeError(f"no such setting of a variable: {', '.join(sorted(unknown))}")


def _save(variable: CiVariable, value: str) -> None:
    _validate(variable, value)
    variable.sealed = encrypt(value)
    try:
        with transaction.atomic():
            variable.save()
    except IntegrityError:
        raise ValidationError({"key": [f"({variable.key}) has already been taken"]}) from None


def _validate(variable: CiVariable, value: str) -> None:
    errors: dict[str, list[str]] = {}
    maskable = _MASKABLE_RAW if variable.raw else _MASKABLE
    if len(value) > MAX_VALUE_LENGTH:
        errors["value"] = [f"is too long (maximum is {MAX_VALUE_LENGTH} characters)"]
    elif "\0" in value or (variable.masked and not maskable.match(value)):
        errors["value"] = ["is invalid"]
    if not _SCOPE.match(variable.environment_scope):
        errors["environment_scope"] = [
            "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, and '*'"
        ]
    if variable.variable_type not in VariableType.values:
        errors["variable_type"] = ["is invalid"]
    if len(variable.description) > 255:
        errors["description"] = ["is too long (maximum is 255 characters)"]
    if errors:
        raise ValidationError(errors)


def _record(event: str, what: str, variable: CiVariable, by: User) -> None:
    owner = variable.project or variable.group
    path = owner.full_path if owner else ""
    message = f"The CI variable {variable.key} of {path or 'the instance'} {what}"
    audit.record(event, message, by=by, on=owner or variable, path=path, key=variable.key)
