"""Repositories that not everyone who may push may push to, nor everyone who may delete.

Tags have no protection of their own: the registry does not tell its token server which tag is pushed.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit import services as audit
from identity.models import User
from projects.models import Project
from resources.containers.models import ImageProtection
from resources.containers.names import is_image_path
from tokenaccess.access.gate import check_same_target
from tokenaccess.access.result import Access
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role
from tokenaccess.policy.protected_refs import matches

_FIELDS: dict[Action, tuple[str, ...]] = {
    Action.PUSH_IMAGES: ("push_level",),
    Action.DELETE_IMAGES: ("delete_level",),
    Action.DELETE_IMAGE_TAG: ("delete_level",),
    Action.MANAGE_IMAGES: ("push_level", "delete_level"),
}
MAX_PATTERN = 255


def check_repository(access: Access, action: Action, path: str) -> Access:
    """May the same caller do it to this repository? Every rule that names it counts. One statement for a change that
    is allowed without them, none otherwise."""
    asked = check_same_target(access, action)
    fields = _FIELDS.get(action, ())
    if not fields or not asked.decision.allowed:
        return asked
    assert access.facts.target is not None
    rows = ImageProtection.objects.filter(project=access.facts.target.id).values_list("pattern", *fields)
    levels = [max(levels) for pattern, *levels in rows if matches(pattern, path)]
    return check_same_target(access, action, Role(max(levels, default=0)))


class AlreadyProtected(ValidationError):
    """There is a rule of that pattern already."""

    def __init__(self) -> None:
        super().__init__({"pattern": ["has already been taken"]})


@transaction.atomic
def protect(project: Project, *, pattern: str, push_level: int, delete_level: int, by: User) -> ImageProtection:
    """Raises AlreadyProtected, ValidationError by field."""
    pattern = pattern.strip().lower()
    _validate(project, pattern, push_level, delete_level)
    made = ImageProtection(project=project, pattern=pattern, push_level=push_level, delete_level=delete_level)
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        raise AlreadyProtected from None
    _record("images_protected", "were protected", made, by, push_level=push_level, delete_level=delete_level)
    return made


@transaction.atomic
def change_protection(protection: ImageProtection, *, by: User, **changes: Any) -> ImageProtection:
    """`changes`: of `pattern`, `push_level`, `delete_level`. Raises as `protect`."""
    for field, value in changes.items():
        setattr(protection, field, value.strip().lower() if field == "pattern" else value)
    _validate(protection.project, protection.pattern, protection.push_level, protection.delete_level)
    try:
        with transaction.atomic():
            protection.save(update_fields=list(changes))
    except IntegrityError:
        raise AlreadyProtected from None
    _record("image_protection_changed", "had their protection changed", protection, by, **changes)
    return protection


@transaction.atomic
def unprotect(protection: ImageProtection, *, by: User) -> None:
    _record("images_unprotected", "were unprotected", protection, by)
    protection.delete()


def _validate(project: Project, pattern: str, push_level: int, delete_level: int) -> None:
    place = project.full_path.lower()
    if len(pattern) > MAX_PATTERN or not is_image_path(pattern.replace("*", "x")):
        raise ValidationError({"pattern": ["is not a name that an image can have, nor a pattern of such"]})
    if not pattern.startswith(place) or pattern[len(place) : len(place) + 1] not in {"", "/", "*"}:
        raise ValidationError({"pattern": [f"should start with the project's full path, {place}"]})
    if not push_level and not delete_level:
        raise ValidationError({"push_level": ["or the level for deleting must be set"]})


def _record(event: str, what: str, protection: ImageProtection, by: User, **details: Any) -> None:
    project = protection.project
    message = f"Container repositories {protection.pattern} {what}"
    audit.record(event, message, by=by, on=project, path=project.full_path, **details)
