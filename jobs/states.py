"""The states of a job and a pipeline (runner.md §8.4)."""

from django.db import models


class State(models.TextChoices):
    CREATED = "created"
    PENDING = "pending"
    RUNNING = "running"
    CANCELING = "canceling"
    SUCCESS = "success", "Passed"
    FAILED = "failed"
    CANCELED = "canceled"
    SKIPPED = "skipped"
    MANUAL = "manual"
    SCHEDULED = "scheduled"
    WAITING = "waiting_for_resource", "Waiting"


COMPLETED = frozenset({State.SUCCESS, State.FAILED, State.CANCELED, State.SKIPPED})
# The states in which the job's token is valid.
EXECUTING = frozenset({State.RUNNING, State.CANCELING})
ACTIVE = frozenset({State.PENDING, State.RUNNING, State.CANCELING})
# The states in which a job can be canceled.
CANCELABLE = frozenset(
    {State.CREATED, State.WAITING, State.PENDING, State.RUNNING, State.CANCELING, State.MANUAL, State.SCHEDULED}
)


class FailureReason(models.TextChoices):
    """Why a job failed, as reported by a runner or set by the server (runner.md §3.1, §3.3)."""

    SCRIPT = "script_failure"
    RUNNER_SYSTEM = "runner_system_failure"
    TIMEOUT = "job_execution_timeout"
    IMAGE_PULL = "image_pull_failure"
    UNKNOWN = "unknown_failure"
    RUNNER_CONFIGURATION = "runner_configuration_error"
    RUNNER_DEPENDENCY = "runner_external_dependency_failure"
    RUNNER_INTERRUPTED = "runner_interrupted"
    JOB_CANCELED = "job_canceled"
    TRACE_SIZE = "trace_size_exceeded"
    STUCK = "stuck_or_timeout_failure"
    USER_BLOCKED = "user_blocked"
    DATA_INTEGRITY = "data_integrity_failure"
    MISSING_DEPENDENCY = "missing_dependency_failure"
    RUNNER_UNSUPPORTED = "runner_unsupported"
    DOWNSTREAM = "downstream_pipeline_creation_failed"
    NO_UPDATES = "no_updates_running"
    ENVIRONMENT = "environment_creation_failure"
    ID_TOKEN_PATH = "id_token_burned_project_path"
