"""Sources that a trial's report leaves out."""

from __future__ import annotations

from django.db import transaction

from audit import services as audit
from identity.models import User
from projects.models import Project
from tokenaccess.allowlist import editing_rights
from tokenaccess.allowlist.services.locking import lock
from tokenaccess.models import IgnoredSource


@transaction.atomic
def ignore_source(project: Project, source: Project, *, by: User | None) -> None:
    """To be refused once the limit is enforced, and no longer counted."""
    editing_rights.require_maintainer(by, project)
    lock(project)
    _, is_new = IgnoredSource.objects.get_or_create(project=project, source=source, defaults={"ignored_by": by})
    if is_new:
        _record("ignored", project, source, by)


@transaction.atomic
def restore_source(project: Project, source: Project, *, by: User | None) -> bool:
    """Count it again. Whether it was ignored."""
    editing_rights.require_maintainer(by, project)
    found, _ = IgnoredSource.objects.filter(project=project, source=source).delete()
    if found:
        _record("restored", project, source, by)
    return bool(found)


def _record(word: str, project: Project, source: Project, by: User | None) -> None:
    audit.record(
        f"secure_ci_job_token_trial_source_{word}",
        f"Project {source.full_path} was {word} in the trial of {project.full_path}",
        by=by,
        on=project,
        path=project.full_path,
        kind="project",
        target=source.full_path,
        target_id=source.pk,
    )
