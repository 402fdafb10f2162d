"""One table per kind of state: how it looks (tally colour and icon) and the word people read."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Badge(NamedTuple):
    """A state's tag: colour class without the `tag-` prefix ("" is grey), icon of the sprite, word."""

    colour: str
    icon: str
    word: str | Promise


UNKNOWN = Badge("", "help", _("Unknown"))

ACCESS = {
    "enforced": Badge("ok", "lock", _("Enforced")),
    "trial": Badge("info", "eye", _("Trial")),
    "open": Badge("warn", "lock-open", _("Open")),
    "off": Badge("", "power", _("Off")),
}

# Of a finding of the posture report.
SEVERITY = {
    "critical": Badge("danger", "cross", _("Critical")),
    "high": Badge("danger", "warn", _("High")),
    "medium": Badge("warn", "warn", _("Medium")),
    "low": Badge("", "info", _("Low")),
}

CI = {
    "created": Badge("", "waiting", pgettext_lazy("job", "Created")),
    "waiting_for_resource": Badge("", "waiting", _("Waiting")),
    "preparing": Badge("", "waiting", _("Preparing")),
    "pending": Badge("warn", "clock", _("Pending")),
    "running": Badge("live", "running", _("Running")),
    "success": Badge("ok", "check", _("Passed")),
    "failed": Badge("danger", "cross", _("Failed")),
    "failed_allowed": Badge("warn", "warn", _("Failed, allowed")),
    "canceling": Badge("", "stopped", _("Canceling")),
    "canceled": Badge("", "stopped", _("Canceled")),
    "skipped": Badge("", "skip", _("Skipped")),
    "manual": Badge("", "play", _("Manual")),
    "scheduled": Badge("", "schedule", _("Scheduled")),
}

VISIBILITY = {
    "private": Badge("", "lock", _("Private")),
    "internal": Badge("", "internal", _("Internal")),
    "public": Badge("", "public", _("Public")),
}

# How a pipeline was started, by its name in the API.
SOURCES = {
    "push": _("Push"),
    "web": _("Web page"),
    "api": _("API"),
    "trigger": _("Trigger"),
    "pipeline": _("Another pipeline"),
    "schedule": _("Schedule"),
    "parent_pipeline": _("Parent pipeline"),
    "external": _("Programs outside"),
}

# Why a job failed, by the reason's name in the API.
FAILURES = {
    "script_failure": _("The script failed."),
    "runner_system_failure": _("The runner had an error. Retry the job, or ask the administrator of the runner."),
    "job_execution_timeout": _("The job exceeded its timeout."),
    "image_pull_failure": _("The image could not be pulled."),
    "runner_configuration_error": _("The runner is not configured for this job. Ask the administrator of the runner."),
    "runner_external_dependency_failure": _(
        "A service that the runner depends on did not respond. Retry the job later."
    ),
    "runner_interrupted": _("The runner was stopped. Retry the job."),
    "job_canceled": _("The job was canceled."),
    "trace_size_exceeded": _("The log exceeded its size limit."),
    "stuck_or_timeout_failure": _("No runner took the job in time."),
    "no_updates_running": _("The runner stopped responding."),
    "user_blocked": _(
        "The job did not run: the user it runs as is blocked, or is the bot of an access token that has ended."
    ),
    "data_integrity_failure": _(
        "The job could not be sent to a runner: data that it needs cannot be read any more, or one of its ID tokens "
        "has an empty audience (a variable in aud without a value)."
    ),
    "missing_dependency_failure": _("The artifacts of an earlier job that it needs are missing. Retry that job first."),
    "runner_unsupported": _("The runner is too old for this job."),
    "environment_creation_failure": _("The environment could not be created: its name is empty or not allowed."),
    "id_token_burned_project_path": _(
        "Its ID tokens would pass for those of another project, which was at this path before. In the general "
        "settings, let their subject begin with project_id, and change what the services that take them trust."
    ),
    "downstream_pipeline_creation_failed": _("The downstream pipeline could not be created."),
}
FAILED = _("The job failed for an unknown reason.")
