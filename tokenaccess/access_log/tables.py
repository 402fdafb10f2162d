"""Table rows of the authentication log and of the refusals (job-token.md §6).

Projects that the reader may not see are shown without their name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from identity.models import User
from projects.models import Project
from tokenaccess.access_log.address_reports import sources_elsewhere
from tokenaccess.allowlist.group_rules.inherited import AnyEntry, InboundMatcher
from tokenaccess.allowlist.group_rules.lack import lack_of
from tokenaccess.allowlist.permissions import permission_labels
from tokenaccess.explanation.list_remedies import Case, find_list_remedies
from tokenaccess.explanation.wording import action_words
from tokenaccess.models import AuthorizationRecord, RefusalRecord
from tokenaccess.policy import Action
from tokenaccess.policy.permissions import PERMISSION_NAMES

_MENDED_BY_A_LIST = frozenset({"admitted", "permitted"})


@dataclass(frozen=True, slots=True)
class AuthorizationRow:
    """`path` is "" for a hidden project. `entry`: the one that matches it today, if any. `elsewhere`: one of its jobs
    used its token here from elsewhere than where it runs, in the last 30 days."""

    path: str
    used_for: str
    at: datetime
    entry: AnyEntry | None = None
    elsewhere: bool = False

    @property
    def url(self) -> str:
        return f"/{self.path}" if self.path else ""


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """`path` is that of the other project. It and `sentence` are "" if the project is hidden or absent. `remedy`:
    what the reader may change, if any (tokenaccess.explanation.remedy.Remedy). `job_is_gone`: deleted since, so that
    there is no page of the reason."""

    path: str
    job_id: int
    action: str
    sentence: str
    count: int
    at: datetime
    rule: str = ""
    target_id: int = 0
    remedy: Any = None
    job_is_gone: bool = False

    @property
    def url(self) -> str:
        return f"/{self.path}" if self.path else ""


def inbound_rows(project: Project, records: Sequence[AuthorizationRecord], user: User) -> list[AuthorizationRow]:
    """Rows of other projects' jobs in `project`; `origin_project` must be selected. Six statements."""
    origins = [record.origin_project for record in records]
    matches = InboundMatcher(project).matches(origins)
    seen, elsewhere = _visible_ids(origins, user), sources_elsewhere(project, origins)
    return [
        AuthorizationRow(
            path=record.origin_project.full_path if record.origin_project_id in seen else "",
            used_for=describe_uses(record.used),
            at=record.last_authorized_at,
            entry=matches[record.origin_project_id].entry if matches[record.origin_project_id].admits else None,
            elsewhere=record.origin_project_id in elsewhere,
        )
        for record in records
    ]


def outbound_rows(records: Sequence[AuthorizationRecord], user: User) -> list[AuthorizationRow]:
    """Rows of the project's own jobs elsewhere; `accessed_project` must be selected. One statement."""
    seen = _visible_ids((record.accessed_project for record in records), user)
    return [
        AuthorizationRow(
            path=record.accessed_project.full_path if record.accessed_project_id in seen else "",
            used_for=describe_uses(record.used),
            at=record.last_authorized_at,
        )
        for record in records
    ]


def inbound_refusal_rows(project: Project, records: Sequence[RefusalRecord], user: User) -> list[RefusalRow]:
    """Refusals of other projects' jobs in `project`; `origin_project` must be selected. 17 statements at most."""
    origins = [record.origin_project for record in records]
    seen = _visible_ids(origins, user)
    matches = InboundMatcher(project).matches(origins)
    lacks = {
        record.pk: lack
        for record in records
        if record.rule in _MENDED_BY_A_LIST
        and record.origin_project_id in seen
        and (lack := lack_of(matches[record.origin_project_id], [record.action])) is not None
    }
    cases = [
        Case(source.pk, source.group_id, source.full_path, matches[source.pk], lacks[record.pk])
        for record in records
        if record.pk in lacks and (source := record.origin_project)
    ]
    remedies = dict(zip(lacks, find_list_remedies(project, cases, user), strict=True))
    return [
        RefusalRow(
            path=record.origin_project.full_path if record.origin_project_id in seen else "",
            job_id=record.job_id,
            action=record.action,
            sentence=record.sentence,
            count=record.count,
            at=record.last_at,
            rule=record.rule,
            target_id=record.project_id or 0,
            remedy=remedies.get(record.pk),
        )
        for record in records
    ]


def outbound_refusal_rows(rows: Iterable[Mapping[str, Any]]) -> list[RefusalRow]:
    """Refusals of the project's own jobs elsewhere; `rows` of RefusalQuerySet.summarize_for. No statement."""
    fields = ("path", "job_id", "action", "reason", "total", "at", "by_rule", "target")
    return [RefusalRow(*(row[field] for field in fields)) for row in rows]


def describe_uses(used: Iterable[str]) -> str:
    """`Packages: read, clone the repository`, in the reader's language, of names of permissions and actions."""
    actions = [Action.__members__.get(name.upper(), name) for name in used if name not in PERMISSION_NAMES]
    others = [action_words(str(action)) for action in actions]
    return ", ".join([*permission_labels(name for name in used if name in PERMISSION_NAMES), *others])


def _visible_ids(projects: Iterable[Project], user: User) -> set[int]:
    ids = {project.pk for project in projects}
    return set(Project.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
