"""One table per kind of state: how it looks (tally colour and icon) and the word people read."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Look(NamedTuple):
    """A state's tag: colour class without the `tag-` prefix ("" is grey), icon of the sprite, word."""

    colour: str
    icon: str
    word: str | Promise


UNKNOWN = Look("", "help", _("Unknown"))

ACCESS = {
    "enforced": Look("ok", "door", _("Enforced")),
    "trial": Look("info", "eye", _("Trial")),
    "open": Look("warn", "door-open", _("Open")),
    "off": Look("", "power", _("Off")),
}

CI = {
    "created": Look("", "waiting", _("Created")),
    "waiting_for_resource": Look("", "waiting", _("Waiting")),
    "preparing": Look("", "waiting", _("Preparing")),
    "pending": Look("warn", "clock", _("Pending")),
    "running": Look("live", "running", _("Running")),
    "success": Look("ok", "check", _("Passed")),
    "failed": Look("danger", "cross", _("Failed")),
    "failed_allowed": Look("warn", "warn", _("Failed, allowed")),
    "canceling": Look("", "stopped", _("Canceling")),
    "canceled": Look("", "stopped", _("Canceled")),
    "skipped": Look("", "skip", _("Skipped")),
    "manual": Look("", "play", _("Manual")),
    "scheduled": Look("", "schedule", _("Scheduled")),
}

VISIBILITY = {
    "private": Look("", "lock", _("Private")),
    "internal": Look("", "internal", _("Internal")),
    "public": Look("", "public", _("Public")),
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
}

# Why a job failed, by the reason's name in the API.
FAILURES = {
    "script_failure": _("Its script failed."),
    "runner_system_failure": _("Its runner had trouble of its own. Retry it, or ask whoever keeps the runner."),
    "job_execution_timeout": _("It was stopped: it took longer than it may."),
    "image_pull_failure": _("Its image could not be pulled."),
    "runner_configuration_error": _("Its runner is not set up for this job. Ask whoever keeps the runner."),
    "runner_external_dependency_failure": _("Something its runner relies on did not answer. Retry it later."),
    "runner_interrupted": _("Its runner was stopped meanwhile. Retry it."),
    "job_canceled": _("It was cancelled."),
    "trace_size_exceeded": _("It was stopped: its log grew over the limit."),
    "stuck_or_timeout_failure": _("It was stopped: no runner came."),
    "no_updates_running": _("It was stopped: its runner was not heard of any more."),
    "user_blocked": _("It did not run: the account it would act as is blocked."),
    "data_integrity_failure": _("It could not be handed to a runner: something it needs cannot be read any more."),
    "missing_dependency_failure": _(
        "The artifacts of an earlier job that it needs are gone. Run that job again first."
    ),
    "runner_unsupported": _("Its runner is too old for this job."),
    "environment_creation_failure": _(
        "Its environment could not be made: the name it comes to is empty, or holds what no name may hold."
    ),
    "downstream_pipeline_creation_failed": _("The other pipeline could not be started."),
}
FAILED = _("It failed, and nobody said why.")
