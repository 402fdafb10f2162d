"""Everything that changes pipelines, jobs and runners; each one transaction."""

from jobs.services.drafts import BadFile, NoFile, NoJobs, Refused, Request
from jobs.services.jobs import (
    NotPossible,
    cancel_job,
    drop_job,
    erase_job,
    finish_job,
    play_job,
    retry_job,
)
from jobs.services.pipelines import (
    cancel_pipeline,
    create_pipeline,
    delete_pipeline,
    retry_pipeline,
    start_for_push,
)
from jobs.services.progress import advance
from jobs.services.runners import (
    assign_runner,
    create_runner,
    delete_runner,
    meet,
    reset_token,
    unassign_runner,
    update_runner,
)

__all__ = [
    "BadFile",
    "NoFile",
    "NoJobs",
    "NotPossible",
    "Refused",
    "Request",
    "advance",
    "assign_runner",
    "cancel_job",
    "cancel_pipeline",
    "create_pipeline",
    "create_runner",
    "delete_pipeline",
    "delete_runner",
    "drop_job",
    "erase_job",
    "finish_job",
    "meet",
    "play_job",
    "reset_token",
    "retry_job",
    "retry_pipeline",
    "start_for_push",
    "unassign_runner",
    "update_runner",
]
