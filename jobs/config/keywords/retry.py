"""`retry` and `allow_failure`: what happens when a job fails."""

from __future__ import annotations

from typing import Any

from jobs.config.errors import Place
from jobs.config.shapes import Reader, boolean, choice, fields, integer, list_of
from jobs.config.tree import Map

MOST = 2
# Every reason a job can fail for (runner.md §3.1, §3.3), and those a file of the original may name although we never
# give them.
REASONS = (
    "always unknown_failure script_failure api_failure stuck_or_timeout_failure runner_system_failure "
    "runner_unsupported stale_schedule job_execution_timeout archived_failure unmet_prerequisites scheduler_failure "
    "data_integrity_failure missing_dependency_failure runner_configuration_error runner_external_dependency_failure "
    "runner_interrupted image_pull_failure no_updates_running trace_size_exceeded job_canceled user_blocked "
    "downstream_pipeline_creation_failed"
).split()
EXIT_CODES: Reader[list[int]] = list_of(integer(0, 4_294_967_295), single=True)
RETRY: dict[str, Reader[Any]] = {
    "max": integer(0, MOST),
    "when": list_of(choice(*REASONS), single=True),
    "exit_codes": EXIT_CODES,
}


def retry(value: Any, at: Place) -> dict[str, Any]:
    """{"max", "when", "exit_codes"}: again for one of these reasons or exit codes; without both, for any failure."""
    given = fields(value, at, RETRY) if isinstance(value, Map) else {"max": integer(0, MOST)(value, at)}
    reasons = given.get("when", [] if given.get("exit_codes") else ["always"])
    return {"max": given.get("max", 0), "when": reasons, "exit_codes": given.get("exit_codes", [])}


def allow_failure(value: Any, at: Place) -> bool | list[int]:
    """True, false, or the exit codes that are allowed."""
    if not isinstance(value, Map):
        return boolean(value, at)
    return list(fields(value, at, {"exit_codes": EXIT_CODES}, required=["exit_codes"])["exit_codes"])
