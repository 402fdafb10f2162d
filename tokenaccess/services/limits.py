"""The switches of one project: both limits, and pushes by its own jobs."""

from __future__ import annotations

from django.db import transaction

from audit import services as audit
from identity.models import User
from projects.models import Project
from tokenaccess import editors
from tokenaccess.errors import Code, TokenAccessError
from tokenaccess.load import settings_of
from tokenaccess.models import InstanceSettings, TokenAccessSettings
from tokenaccess.services.locking import lock

ENFORCED = "Job token scope cannot be disabled for this project because it is enforced for the instance."

_TOLD = {
    "limits_inbound": ("secure_ci_job_token_inbound", "Secure ci_job_token was {} for inbound"),
    "limits_outbound": ("secure_ci_job_token_outbound", "Secure ci_job_token was {} for outbound"),
    "takes_job_pushes": ("ci_push_repository_for_job_token", "Git pushes by the project's own job tokens were {}"),
}


@transaction.atomic
def limit_access(
    project: Project, *, by: User | None, inbound: bool | None = None, outbound: bool | None = None
) -> TokenAccessSettings:
    """Turns "Limit access to / from this project" on or off; None leaves a direction as it is."""
    editors.require_own(by, project)
    if inbound is False and InstanceSettings.current().enforce_inbound:
        raise TokenAccessError(ENFORCED, Code.ENFORCED)
    return _change(project, by, limits_inbound=inbound, limits_outbound=outbound)


@transaction.atomic
def set_job_pushes(project: Project, *, allowed: bool, by: User | None) -> TokenAccessSettings:
    """Whether the project's own job tokens may push to its repository (job-token.md §8)."""
    editors.require_own(by, project)
    return _change(project, by, takes_job_pushes=allowed)


@transaction.atomic
def adopt_existing(project: Project, *, by: User | None) -> TokenAccessSettings:
    """For a project that comes from elsewhere with jobs that rely on its being open: both limits off (decision 3)."""
    editors.require_own(by, project)
    return _change(project, by, limits_inbound=False, limits_outbound=False)


def _change(project: Project, by: User | None, **wanted: bool | None) -> TokenAccessSettings:
    """Writes and tells what really changes."""
    lock(project)
    settings = settings_of(project)
    real = {name: on for name, on in wanted.items() if on is not None and getattr(settings, name) != on}
    for name, on in real.items():
        setattr(settings, name, on)
        event, message = _TOLD[name]
        word = "enabled" if on else "disabled"
        audit.record(f"{event}_{word}", message.format(word), by=by, on=project, path=project.full_path)
    if real:
        settings.save()
    return settings
