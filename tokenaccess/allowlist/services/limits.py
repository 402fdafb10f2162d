"""The settings of one project: both limits, and pushes by jobs."""

from __future__ import annotations

from django.db import transaction

from audit import services as audit
from identity.models import User
from projects.models import Project
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import editing_rights
from tokenaccess.allowlist.group_rules import group_lock
from tokenaccess.allowlist.services.locking import lock
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import InstanceSettings, TokenAccessSettings
from tokenaccess.policy.levels import AddressMode, InboundMode

LIMIT_IS_ENFORCED = "Job token scope cannot be disabled for this project because it is enforced for the instance."

_AUDIT_EVENTS = {
    "limits_outbound": ("secure_ci_job_token_outbound", "Secure ci_job_token was {} for outbound"),
    "takes_job_pushes": ("ci_push_repository_for_job_token", "Git pushes by the project's own job tokens were {}"),
    "takes_cross_project_pushes": (
        "ci_cross_project_push_for_job_token",
        "Git pushes by job tokens of projects on the allowlist were {}",
    ),
    "job_pushes_start_pipelines": ("ci_pipelines_for_job_token_push", "Pipelines for pushes by job tokens were {}"),
}
INBOUND_EVENTS = {
    InboundMode.OPEN: ("secure_ci_job_token_inbound_disabled", "Secure ci_job_token was disabled for inbound"),
    InboundMode.TRIAL: ("secure_ci_job_token_inbound_trial", "Secure ci_job_token went on trial for inbound"),
    InboundMode.ENFORCED: ("secure_ci_job_token_inbound_enabled", "Secure ci_job_token was enabled for inbound"),
}

ADDRESS_EVENTS = {
    AddressMode.OFF: ("job_token_address_check_off", "Job tokens used from elsewhere are no longer looked at"),
    AddressMode.TRIAL: ("job_token_address_check_trial", "Refusing job tokens used from elsewhere went on trial"),
    AddressMode.REFUSE: ("job_token_address_check_refuse", "Job tokens used from elsewhere are refused"),
}
TRIAL_FIRST = "Job tokens used from elsewhere are refused only after a trial: put them on trial first"


@transaction.atomic
def limit_access(
    project: Project, *, by: User | None, inbound: bool | None = None, outbound: bool | None = None
) -> TokenAccessSettings:
    """Turn "Limit access to / from this project" on or off; None leaves a direction unchanged. To turn a trial off
    leaves it."""
    editing_rights.require_maintainer(by, project)
    if inbound is not None:
        lock(project)
        set_inbound_mode(project, InboundMode.ENFORCED if inbound else _off(project), by=by)
    return _change(project, by, limits_outbound=outbound)


def _off(project: Project) -> InboundMode:
    is_trial = settings_of(project).inbound_mode == InboundMode.TRIAL
    return InboundMode.TRIAL if is_trial else InboundMode.OPEN


@transaction.atomic
def set_inbound_mode(project: Project, mode: InboundMode, *, by: User | None) -> TokenAccessSettings:
    """Open "Limit access to this project", try it, or enforce it."""
    editing_rights.require_maintainer(by, project)
    if mode is not InboundMode.ENFORCED and InstanceSettings.current().enforce_inbound:
        raise TokenAccessError(LIMIT_IS_ENFORCED, ErrorCode.ENFORCED)
    lock(project)
    settings = settings_of(project)
    if settings.inbound_mode != mode:
        group_lock.require_may_set_mode(project, mode, by)
        settings.inbound_mode = mode.value
        event, message = INBOUND_EVENTS[mode]
        audit.record(event, message, by=by, on=project, path=project.full_path)
        settings.save()
    return settings


@transaction.atomic
def set_address_mode(project: Project, mode: AddressMode, *, by: User | None) -> TokenAccessSettings:
    """What is done about job tokens that are not used from where their jobs run. Refusing takes a trial before it:
    raises TokenAccessError."""
    editing_rights.require_maintainer(by, project)
    lock(project)
    settings = settings_of(project)
    if mode is AddressMode.REFUSE and settings.address_mode == AddressMode.OFF:
        raise TokenAccessError(TRIAL_FIRST, ErrorCode.INVALID)
    if settings.address_mode != mode:
        settings.address_mode = mode.value
        event, message = ADDRESS_EVENTS[mode]
        audit.record(event, message, by=by, on=project, path=project.full_path)
        settings.save()
    return settings


@transaction.atomic
def set_job_pushes(
    project: Project,
    *,
    by: User | None,
    allowed: bool | None = None,
    cross_project: bool | None = None,
    start_pipelines: bool | None = None,
) -> TokenAccessSettings:
    """Whether the project's own job tokens may push to its repository, and those of listed projects, and whether such
    pushes start pipelines (job-token.md §8); None leaves a setting unchanged."""
    editing_rights.require_maintainer(by, project)
    return _change(
        project,
        by,
        takes_job_pushes=allowed,
        takes_cross_project_pushes=cross_project,
        job_pushes_start_pipelines=start_pipelines,
    )


@transaction.atomic
def adopt_existing(project: Project, *, by: User | None) -> TokenAccessSettings:
    """Turn both limits off for an imported project whose jobs rely on open access (contract/README.md decision 3), as
    far as no group above keeps the inbound one."""
    editing_rights.require_maintainer(by, project)
    least = settings_of(project).group_mode if group_lock.locking_rule(project) else InboundMode.OPEN
    set_inbound_mode(project, least, by=by)
    return limit_access(project, by=by, outbound=False)


def _change(project: Project, by: User | None, **wanted: bool | None) -> TokenAccessSettings:
    """Store and audit only values that differ."""
    lock(project)
    settings = settings_of(project)
    real = {name: on for name, on in wanted.items() if on is not None and getattr(settings, name) != on}
    for name, on in real.items():
        setattr(settings, name, on)
        event, message = _AUDIT_EVENTS[name]
        word = "enabled" if on else "disabled"
        audit.record(f"{event}_{word}", message.format(word), by=by, on=project, path=project.full_path)
    if real:
        settings.save()
    return settings
