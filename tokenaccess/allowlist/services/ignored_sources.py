"""Sources that a trial's report leaves out."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from audit import services as audit
from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist import editing_rights
from tokenaccess.allowlist.services.locking import lock_holder
from tokenaccess.models import GroupIgnoredSource, IgnoredSource


@transaction.atomic
def ignore_source(holder: Project | Group, source: Project, *, by: User | None) -> None:
    """To be refused once the limit is enforced, and no longer counted."""
    editing_rights.require_maintainer(by, holder)
    lock_holder(holder)
    rows = ignored_sources(holder)
    _, is_new = rows.get_or_create(**{str(holder.kind): holder, "source": source}, defaults={"ignored_by": by})
    if is_new:
        _record("ignored", holder, source, by)


@transaction.atomic
def restore_source(holder: Project | Group, source: Project, *, by: User | None) -> bool:
    """Count it again. Whether it was ignored."""
    editing_rights.require_maintainer(by, holder)
    found, _ = ignored_sources(holder).filter(source=source).delete()
    if found:
        _record("restored", holder, source, by)
    return bool(found)


def ignored_sources(holder: Project | Group) -> Any:
    """A queryset of its rows."""
    if isinstance(holder, Group):
        return GroupIgnoredSource.objects.filter(group=holder)
    return IgnoredSource.objects.filter(project=holder)


def _record(word: str, holder: Project | Group, source: Project, by: User | None) -> None:
    audit.record(
        f"secure_ci_job_token_trial_source_{word}",
        f"Project {source.full_path} was {word} in the trial of {holder.full_path}",
        by=by,
        on=holder,
        path=holder.full_path,
        kind="project",
        target=source.full_path,
        target_id=source.pk,
    )
