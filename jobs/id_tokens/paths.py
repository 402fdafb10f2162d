"""A path names one project for ever: whoever trusts `project_path:acme/app` must not get another project's jobs."""

from __future__ import annotations

from django.db import transaction

from audit import services as audit
from identity.models import User
from jobs.models import IdTokenPath
from projects.models import Project


class PathOfAnotherProject(Exception):
    """ID tokens were issued for an earlier project at this path."""


def claim_path(project: Project) -> None:
    """Raises PathOfAnotherProject. One query, and another one for the first token of a project."""
    row, _ = IdTokenPath.objects.get_or_create(path=project.full_path.lower(), defaults={"project_id": project.pk})
    if row.project_id != project.pk:
        raise PathOfAnotherProject


@transaction.atomic
def free_path(row: IdTokenPath, *, by: User) -> None:
    """Another project at this path may have ID tokens with it: nobody trusts the earlier one any more."""
    message = f"ID tokens may name {row.path} for another project"
    audit.record("id_token_path_freed", message, by=by, on=row, path=row.path, project_id=row.project_id)
    row.delete()
