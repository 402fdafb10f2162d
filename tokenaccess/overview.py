"""The state of a project's door in figures, for the head of its settings page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.models import AuditEvent
from identity.models import User
from projects.models import Project
from tokenaccess import effects
from tokenaccess.effects import Refused
from tokenaccess.load import is_enforced, settings_of
from tokenaccess.models import AllowlistEntry, InstanceSettings, TokenAccessSettings
from tokenaccess.rows import admitted_count


@dataclass(frozen=True, slots=True)
class Door:
    """`limited` is the inbound limit as it takes effect; `held` says that the instance keeps it on.

    `enforced` is the feature switch: off, neither limit is enforced. Counts of uses are of the last 30 days.
    """

    settings: TokenAccessSettings
    enforced: bool
    held: bool
    most: int
    projects: int
    groups: int
    admitted: int
    outbound: int
    came_in: int
    went_out: int
    refused: Refused
    shut_out: int
    kept_in: int
    let_in: Refused
    let_out: Refused
    editor_needs_both: bool

    @property
    def limited(self) -> bool:
        return self.held or self.settings.limits_inbound

    @property
    def state(self) -> str:
        """As the tag words it: enforced, open, or off."""
        if not self.enforced:
            return "off"
        return "enforced" if self.limited else "open"


def door(project: Project, user: User) -> Door:
    """As `user` may know it. About fifteen statements, whatever the lists hold."""
    entries = AllowlistEntry.objects.filter(project=project)
    instance = InstanceSettings.current()
    settings = settings_of(project)
    refused = effects.refusals(project)
    limited = settings.limits_inbound or instance.enforce_inbound
    return Door(
        settings=settings,
        enforced=is_enforced(),
        held=instance.enforce_inbound,
        most=instance.allowlist_limit,
        projects=entries.inbound().projects().count(),
        groups=entries.inbound().groups().count(),
        admitted=admitted_count(project),
        outbound=entries.outbound().count(),
        came_in=effects.came_in(project).count(),
        went_out=effects.went_out(project).count(),
        refused=effects.counted(refused),
        shut_out=0 if limited else len(effects.shut_out_by_limiting(project)),
        kept_in=0 if settings.limits_outbound else len(effects.kept_in_by_limiting(project)),
        let_in=effects.let_in_by_opening(project),
        let_out=effects.let_out_by_opening(project, user),
        editor_needs_both=instance.editor_needs_both,
    )


@dataclass(frozen=True, slots=True)
class Turned:
    """Who last turned a limit to where it stands, and when; the project's own making when nobody did."""

    by: str
    at: datetime


def turned(project: Project, direction: str, on: bool) -> Turned:
    event = f"secure_ci_job_token_{direction}_{'enabled' if on else 'disabled'}"
    last = AuditEvent.objects.of_project(project.pk).filter(event=event).order_by("-id").first()
    return Turned(last.actor_name, last.at) if last else Turned("", project.created_at)
