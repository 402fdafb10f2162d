"""`retry` and `allow_failure`: what happens when a job fails."""

from __future__ import annotations

from typing import Any

from ci_config.document.tree import YamlMap
from ci_config.errors import Location
from ci_config.validators import Validator, boolean, choice, fields, integer, list_of

MAX_RETRIES = 2
# All failure reasons (runner.md §3.1, §3.3), and those of GitLab that do not occur here.
REASONS = (
    "always unknown_failure script_failure api_failure stuck_or_timeout_failure runner_system_failure "
    "runner_unsupported stale_schedule job_execution_timeout archived_failure unmet_prerequisites scheduler_failure "
    "data_integrity_failure missing_dependency_failure runner_configuration_error runner_external_dependency_failure "
    "runner_interrupted image_pull_failure no_updates_running trace_size_exceeded job_canceled user_blocked "
    "downstream_pipeline_creation_failed id_token_burned_project_path runner_provisioning_timeout"
).split()
EXIT_CODES: Validator[list[int]] = list_of(integer(0, 4_294_967_295), single=True)
RETRY_KEYS: dict[str, Validator[Any]] = {
    "max": integer(0, MAX_RETRIES),
    "when": list_of(choice(*REASONS), single=True),
    "exit_codes": EXIT_CODES,
}


def retry(value: Any, at: Location) -> dict[str, Any]:
    """`{"max", "when", "exit_codes"}`: retry for one of these reasons or exit codes; without both, for any failure."""
    spec = fields(value, at, RETRY_KEYS) if isinstance(value, YamlMap) else {"max": integer(0, MAX_RETRIES)(value, at)}
    reasons = spec.get("when", [] if spec.get("exit_codes") else ["always"])
    return {"max": spec.get("max", 0), "when": reasons, "exit_codes": spec.get("exit_codes", [])}


def allow_failure(value: Any, at: Location) -> bool | list[int]:
    """True, false, or the list of exit codes that are allowed."""
    if not isinstance(value, YamlMap):
        return boolean(value, at)
    return list(fields(value, at, {"exit_codes": EXIT_CODES}, required=["exit_codes"])["exit_codes"])
