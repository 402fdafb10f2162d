"""Reads a job's payload as gitlab-runner 19.4 does: Go's types, one mistake fails the whole (runner.md §2.4)."""

from __future__ import annotations

from typing import Any

# str, int, float, bool: exactly that or null. "string!": a string that must be there. Lists and dicts hold shapes.
STEP = {"name": str, "script": [str], "timeout": int, "when": str, "allow_failure": bool}
IMAGE = {
    "name": str, "alias": str, "command": [str], "entrypoint": [str], "ports": [dict], "variables": [dict],
    "pull_policy": [str], "executor_opts": {"docker": {"platform": str, "user": str}, "kubernetes": {"user": str}},
}  # fmt: skip
JOB = {
    "id": int,
    "token": str,
    "allow_git_fetch": bool,
    "job_info": {
        "id": int, "name": str, "stage": str, "pipeline_id": int, "project_id": int, "project_name": str,
        "project_full_path": str, "namespace_id": int, "root_namespace_id": int, "organization_id": int,
        "instance_id": str, "instance_uuid": str, "user_id": int, "scoped_user_id": int,
        "time_in_queue_seconds": float, "project_jobs_running_on_instance_runners_count": str, "queue_size": int,
        "queue_depth": int,
    },
    "git_info": {
        "repo_url": str, "repo_object_format": str, "ref": str, "sha": str, "before_sha": str, "ref_type": str,
        "refspecs": [str], "depth": int, "protected": bool,
    },
    "runner_info": {"timeout": int},
    "variables": [{"key": str, "value": str, "public": bool, "masked": bool, "raw": bool, "file": bool}],
    "steps": [STEP],
    "image": IMAGE,
    "services": [IMAGE],
    "artifacts": [
        {
            "name": str, "untracked": bool, "paths": [str], "exclude": [str], "when": str, "artifact_type": str,
            "artifact_format": str, "expire_in": str,
        }
    ],
    "cache": [
        {"key": str, "untracked": bool, "policy": str, "paths": [str], "when": str, "fallback_keys": [str]}
    ],
    "credentials": [{"type": str, "url": str, "username": str, "password": str}],
    "dependencies": [{"id": int, "name": str, "token": str, "artifacts_file": {"filename": str, "size": int}}],
    "features": {"trace_sections": bool, "token_mask_prefixes": [str], "failure_reasons": [str], "tracing": dict},
    "hooks": [{"name": str, "script": [str]}],
    "inputs": [dict],
    "secrets": dict,
    "policy_options": dict,
    "suspend_options": dict,
}  # fmt: skip


def decode(payload: Any) -> dict[str, Any]:
    """The payload, or AssertionError for what the runner could not decode or would panic at."""
    assert isinstance(payload, dict)
    # `run` is a string that holds JSON; null or an array makes the whole undecodable.
    assert isinstance(payload.get("run", ""), str), "run"
    _read(payload, JOB, "job")
    assert payload["id"] != 0
    assert payload["token"]
    assert len(payload["git_info"]["sha"]) >= 8, "the runner panics"
    assert payload["steps"], "a job without steps does nothing"
    return payload


def _read(value: Any, shape: Any, where: str) -> None:
    if value is None or shape is object:
        return
    if isinstance(shape, dict):
        assert isinstance(value, dict), where
        for key, inner in value.items():
            _read(inner, shape.get(key, object), f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for inner in value:
            _read(inner, shape[0], f"{where}[]")
    elif shape is float:
        assert type(value) in {int, float}, where
    else:
        assert type(value) is shape, f"{where} is {type(value).__name__}"
