"""What a client may set of a project, read from a request into the fields of the model."""

from __future__ import annotations

from typing import Any

from config.params import Params
from projects.api import lookup
from tokenaccess.policy.levels import FeatureLevel

FEATURES = ("repository_access_level", "builds_access_level", "package_registry_access_level")
# Older clients switch a feature by a yes or no.
SWITCHES = {"packages_enabled": "package_registry_access_level", "jobs_enabled": "builds_access_level"}
BOOLEANS = {
    "public_builds": "public_jobs",
    "public_jobs": "public_jobs",
    "shared_runners_enabled": "shared_runners_enabled",
    "keep_latest_artifact": "keep_latest_artifact",
}
NUMBERS = {"build_timeout": "build_timeout", "ci_default_git_depth": "git_depth"}
LONGEST = 255


def project_fields(params: Params) -> dict[str, Any]:
    """Model field → value, of what the request names; ApiError 400 for what cannot be read."""
    found: dict[str, Any] = {}
    # Given empty, these are emptied.
    if "description" in params:
        found["description"] = params.text("description") or ""
    if "ci_config_path" in params:
        found["ci_config_path"] = params.text("ci_config_path", most=LONGEST) or ""
    found["default_branch"] = params.text("default_branch", most=LONGEST)
    found["visibility"] = lookup.visibility(params)
    for name, field in SWITCHES.items():
        switch = params.boolean(name)
        found[field] = None if switch is None else FeatureLevel.ENABLED if switch else FeatureLevel.DISABLED
    for name in FEATURES:
        found[name] = lookup.feature_level(params, name) if name in params else found.get(name)
    for name, field in BOOLEANS.items():
        found[field] = params.boolean(name) if name in params else found.get(field)
    for name, field in NUMBERS.items():
        found[field] = params.integer(name, least=0)
    return {field: value for field, value in found.items() if value is not None}
