"""The authentication log and the refusals as people read them (job-token.md §6).

A project one may not see stands there without its name: that somebody comes in is the listing project's own affair.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from identity.models import User
from projects.models import Project
from tokenaccess.coverage import Cover
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, RefusalRecord
from tokenaccess.permissions import words
from tokenaccess.policy import Action
from tokenaccess.policy.permissions import Permission


@dataclass(frozen=True, slots=True)
class Use:
    """`path` is "" for a project one may not see. `through`: the entry that lets it in today, None for none."""

    path: str
    used_for: str
    at: datetime
    through: AllowlistEntry | None = None

    @property
    def url(self) -> str:
        return f"/{self.path}" if self.path else ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """`path` names the other project, "" when one may not see it or it does not exist; then `sentence` is "" too."""

    path: str
    job_id: int
    action: str
    sentence: str
    count: int
    at: datetime

    @property
    def url(self) -> str:
        return f"/{self.path}" if self.path else ""


def came_in(project: Project, records: Sequence[AuthorizationRecord], user: User) -> list[Use]:
    """Rows of the log; select `origin_project` with the records. Three statements."""
    origins = [record.origin_project for record in records]
    entries = Cover(project).entries_for(origins)
    seen = _visible(origins, user)
    return [
        Use(
            path=record.origin_project.full_path if record.origin_project_id in seen else "",
            used_for=used_for(record.used),
            at=record.last_authorized_at,
            through=entries[record.origin_project_id],
        )
        for record in records
    ]


def went_out(records: Sequence[AuthorizationRecord], user: User) -> list[Use]:
    """The other way round: where the project's own jobs were let in; select `accessed_project`. One statement."""
    seen = _visible((record.accessed_project for record in records), user)
    return [
        Use(
            path=record.accessed_project.full_path if record.accessed_project_id in seen else "",
            used_for=used_for(record.used),
            at=record.last_authorized_at,
        )
        for record in records
    ]


def refused_here(records: Sequence[RefusalRecord], user: User) -> list[Refusal]:
    """Jobs of others turned away; select `origin_project`. One statement."""
    seen = _visible((record.origin_project for record in records), user)
    return [
        Refusal(
            path=record.origin_project.full_path if record.origin_project_id in seen else "",
            job_id=record.job_id,
            action=record.action,
            sentence=record.sentence,
            count=record.count,
            at=record.last_at,
        )
        for record in records
    ]


def refused_elsewhere(rows: Iterable[Mapping[str, Any]]) -> list[Refusal]:
    """The project's own jobs turned away; rows of RefusalQuerySet.told_to. No statement."""
    return [Refusal(row["path"], row["job_id"], row["action"], row["why"], row["times"], row["at"]) for row in rows]


def used_for(used: dict[str, str]) -> str:
    """`Packages: read, clone the repository`."""
    named = {action.name.lower(): str(action) for action in Action}
    permissions = {str(permission) for permission in Permission}
    others = [named.get(name, name) for name in used if name not in permissions]
    return ", ".join([*words(name for name in used if name in permissions), *others])


def _visible(projects: Iterable[Project], user: User) -> set[int]:
    ids = {project.pk for project in projects}
    return set(Project.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
