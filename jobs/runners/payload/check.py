"""Checks a payload as strictly as the runner's decoder: a single wrong type makes it drop the whole job."""

from __future__ import annotations

from typing import Any


class BadPayload(Exception):
    """The runner could not decode the payload; the text says where."""


Shape = Any  # a type, a tuple of types, [shape of each element], or {key: shape}; None is always accepted

_STEP = {"name": str, "script": [str], "timeout": int, "when": str, "allow_failure": bool}
_IMAGE = {"name": str, "alias": str, "entrypoint": [str], "command": [str], "pull_policy": [str]}
PAYLOAD_SHAPE: dict[str, Shape] = {
    "id": int,
    "token": str,
    "allow_git_fetch": bool,
    "job_info": {
        "id": int,
        "name": str,
        "stage": str,
        "pipeline_id": int,
        "project_id": int,
        "project_name": str,
        "project_full_path": str,
        "namespace_id": int,
        "user_id": int,
        "time_in_queue_seconds": (int, float),
        "project_jobs_running_on_instance_runners_count": str,
    },
    "git_info": {
        "repo_url": str,
        "repo_object_format": str,
        "ref": str,
        "sha": str,
        "before_sha": str,
        "ref_type": str,
        "refspecs": [str],
        "depth": int,
        "protected": bool,
    },
    "runner_info": {"timeout": int},
    "variables": [{"key": str, "value": str, "public": bool, "masked": bool, "raw": bool, "file": bool}],
    "steps": [_STEP],
    "image": _IMAGE,
    "services": [_IMAGE],
    "artifacts": [
        {
            "name": str,
            "untracked": bool,
            "paths": [str],
            "exclude": [str],
            "when": str,
            "artifact_type": str,
            "artifact_format": str,
            "expire_in": str,
        }
    ],
    "cache": [
        {"key": str, "untracked": bool, "policy": str, "paths": [str], "when": str, "fallback_keys": [str]},
    ],
    "credentials": [{"type": str, "url": str, "username": str, "password": str}],
    "dependencies": [{"id": int, "name": str, "token": str, "artifacts_file": {"filename": str, "size": int}}],
    "hooks": [{"name": str, "script": [str]}],
    "features": {"trace_sections": bool, "token_mask_prefixes": [str], "failure_reasons": [str]},
}


def check_payload(payload: dict[str, Any]) -> None:
    """Raises BadPayload if the runner could not decode the payload, or the job would do nothing."""
    if "run" in payload:
        raise BadPayload("run must be absent")
    _check(payload, PAYLOAD_SHAPE, "payload")
    if not payload["steps"] or not all(step["script"] for step in payload["steps"]):
        raise BadPayload("steps: a job without a script does nothing and passes")
    if len(payload["git_info"]["sha"]) < 8:
        raise BadPayload("git_info.sha is too short")


def _check(value: Any, shape: Shape, where: str) -> None:
    if value is None:
        return
    if isinstance(shape, dict):
        _check_object(value, shape, where)
    elif isinstance(shape, list):
        _check_array(value, shape[0], where)
    elif not isinstance(value, shape) or (isinstance(value, bool) and shape is int):
        raise BadPayload(f"{where} has the wrong type")


def _check_object(value: Any, shape: dict[str, Shape], where: str) -> None:
    if not isinstance(value, dict):
        raise BadPayload(f"{where} is no object")
    for key, inner in value.items():
        expected = shape.get(key, object)
        if type(inner) is not expected:
            _check(inner, expected, f"{where}.{key}")


def _check_array(value: Any, shape: Shape, where: str) -> None:
    if not isinstance(value, list):
        raise BadPayload(f"{where} is no array")
    for index, inner in enumerate(value):
        if type(inner) is not shape:
            _check(inner, shape, f"{where}[{index}]")
