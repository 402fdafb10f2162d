"""Finds a free and proper full path for something new."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from identity.names import require_visible
from projects.models import Group, Project
from projects.paths import MAX_FULL_PATH, OWN_PATHS, validate_segment


def full_path_in(parent: Group | None, path: str) -> str:
    """The full path of `path` in `parent`; ValidationError when it is improper or taken by a group or project."""
    validate_segment(path, top_level=parent is None)
    full_path = f"{parent.full_path}/{path}" if parent else path
    if len(full_path) > MAX_FULL_PATH:
        raise ValidationError({"path": ["is too long together with the groups above"]})
    if full_path.lower() in OWN_PATHS:
        raise ValidationError({"path": [f"{full_path} is a reserved name"]})
    if is_taken(full_path):
        raise ValidationError({"path": ["has already been taken"]})
    return full_path


def is_taken(full_path: str) -> bool:
    """By a group or a project, also one that is deleted and not yet removed."""
    return Group.objects.at_path(full_path).exists() or Project.objects.at_path(full_path).exists()


def validate_name(name: str) -> None:
    if not name.strip():
        raise ValidationError({"name": ["can't be blank"]})
    if len(name) > 255:
        raise ValidationError({"name": ["is too long (maximum is 255 characters)"]})
    require_visible(name=name)


def validate_visibility(visibility: int, parent: Group | None) -> None:
    """Nothing is more visible than the group it lies in."""
    if parent is not None and parent.person_id is None and visibility > parent.visibility:
        raise ValidationError({"visibility_level": ["is higher than that of the group it lies in"]})
