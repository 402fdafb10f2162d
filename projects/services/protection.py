"""Protected branches and tags: protecting, changing, unprotecting."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit import services as audit
from identity.models import User
from projects.models import Project, ProtectedRef, RefKind
from projects.repository import is_branch_name
from tokenaccess.policy.levels import Role

MAX_NAME = 255
EDITABLE = frozenset({"push_level", "merge_level", "allow_force_push"})


class AlreadyProtected(ValidationError):
    """There is one of that name already."""

    def __init__(self) -> None:
        super().__init__({"name": ["has already been taken"]})


@transaction.atomic
def protect(
    project: Project,
    *,
    kind: RefKind,
    name: str,
    by: User,
    push_level: int = Role.MAINTAINER,
    merge_level: int = Role.MAINTAINER,
    allow_force_push: bool = False,
) -> ProtectedRef:
    """Protects what `name` names. Levels are 0, 30 or 40. Raises AlreadyProtected, ValidationError by field."""
    _validate_name(name)
    if kind == RefKind.TAG:
        merge_level, allow_force_push = push_level, False
    made = ProtectedRef(
        project=project,
        kind=kind,
        name=name,
        push_level=push_level,
        merge_level=merge_level,
        allow_force_push=allow_force_push,
    )
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        raise AlreadyProtected from None
    _record("ref_protected", "was protected", made, by, _levels(made))
    return made


@transaction.atomic
def change_protection(protected: ProtectedRef, *, by: User, **changes: Any) -> ProtectedRef:
    """`changes`: any of CHANGEABLE. Only what really changes is written and told."""
    if unknown := changes.keys() - EDITABLE:
        raise TypeError(f"not changeable: {', '.join(sorted(unknown))}")
    protected = ProtectedRef.objects.select_for_update(of=("self",)).select_related("project").get(pk=protected.pk)
    real = {field: value for field, value in changes.items() if getattr(protected, field) != value}
    for field, value in real.items():
        setattr(protected, field, value)
    if real:
        protected.save(update_fields=list(real))
        _record("ref_protection_changed", "had its protection changed", protected, by, real)
    return protected


@transaction.atomic
def unprotect(protected: ProtectedRef, *, by: User) -> None:
    _record("ref_unprotected", "was unprotected", protected, by, {})
    protected.delete()


def _validate_name(name: str) -> None:
    if not name.strip():
        raise ValidationError({"name": ["can't be blank"]})
    if len(name) > MAX_NAME:
        raise ValidationError({"name": [f"is too long (maximum is {MAX_NAME} characters)"]})
    if not is_branch_name(name.replace("*", "x")):
        raise ValidationError({"name": ["is not a name that a branch or tag can have, nor a pattern of such"]})


def _levels(protected: ProtectedRef) -> dict[str, Any]:
    if protected.tag:
        return {"push_level": int(protected.push_level)}
    return {field: getattr(protected, field) for field in sorted(EDITABLE)}


def _record(event: str, what: str, protected: ProtectedRef, by: User, details: dict[str, Any]) -> None:
    path = protected.project.full_path
    kind = "Tag" if protected.tag else "Branch"
    message = f"{kind} {protected.name} of {path} {what}"
    audit.record(event, message, by=by, on=protected.project, path=path, ref=protected.name, **details)
