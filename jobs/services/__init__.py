"""Everything that changes pipelines, jobs and runners; each one transaction."""

from jobs.services.auto_stop import stop_stale
from jobs.services.drafts import BadFile, NoFile, NoJobs, Refused, Request, offered_variables
from jobs.services.environments import NotStopped, create_environment, delete_environment, update_environment
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
from jobs.services.refs import RefIsProtected
from jobs.services.registration import register_runner, reset_registration_token
from jobs.services.runners import (
    assign_runner,
    create_runner,
    delete_runner,
    heard_from,
    meet,
    reset_token,
    unassign_runner,
    update_runner,
)
from jobs.services.schedules import (
    NotYours,
    create_schedule,
    delete_schedule,
    play_schedule,
    take_schedule,
    update_schedule,
)
from jobs.services.stopping import Busy, stop_environment
from jobs.services.triggers import (
    check_chain,
    create_trigger,
    delete_trigger,
    find_trigger,
    note_trigger_used,
    update_trigger,
)
from jobs.services.variables import create_variable, delete_variable, update_variable

__all__ = [
    "BadFile",
    "Busy",
    "NoFile",
    "NoJobs",
    "NotPossible",
    "NotStopped",
    "NotYours",
    "RefIsProtected",
    "Refused",
    "Request",
    "advance",
    "assign_runner",
    "cancel_job",
    "cancel_pipeline",
    "check_chain",
    "create_environment",
    "create_pipeline",
    "create_runner",
    "create_schedule",
    "create_trigger",
    "create_variable",
    "delete_environment",
    "delete_pipeline",
    "delete_runner",
    "delete_schedule",
    "delete_trigger",
    "delete_variable",
    "drop_job",
    "erase_job",
    "find_trigger",
    "finish_job",
    "heard_from",
    "meet",
    "note_trigger_used",
    "offered_variables",
    "play_job",
    "play_schedule",
    "register_runner",
    "reset_registration_token",
    "reset_token",
    "retry_job",
    "retry_pipeline",
    "start_for_push",
    "stop_environment",
    "stop_stale",
    "take_schedule",
    "unassign_runner",
    "update_environment",
    "update_runner",
    "update_schedule",
    "update_trigger",
    "update_variable",
]
