"""The gate's word on projects that are named by their path, for services that act for a person without a request."""

from __future__ import annotations

from identity.models import User
from projects.models import Project
from tokenaccess.gate import person_finds
from tokenaccess.policy import Action
from tokenaccess.reference import Reference


def project_for(user: User, action: Action, path: str) -> Project | None:
    """One statement, whether the project is there, hidden or absent; any text will do as a path."""
    found = person_finds(user, action, Reference.of_path(path))
    return found if isinstance(found, Project) else None
