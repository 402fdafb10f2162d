"""The claims of an ID token. Their names, and whether a number is written as a text, are GitLab's (runner.md §7.1)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q

from identity.models import today
from jobs.models import Job, Runner
from projects.models import Group
from projects.models.choices import ID_TOKEN_SUBJECT_CLAIMS
from projects.roles.roles import role_of
from signing.discovery import issuer

MAX_GROUPS = 200
CLOCK_SKEW = 5  # seconds
# What every token has, besides the claims of JWT itself.
ALWAYS = (
    "namespace_id namespace_path project_id project_path user_id user_login user_email user_access_level "
    "job_namespace_id job_namespace_path job_project_id job_project_path pipeline_id pipeline_source job_id job_source "
    "ref ref_type ref_path ref_protected runner_id runner_environment sha project_visibility ci_config_ref_uri "
    "ci_config_sha"
).split()
OF_ENVIRONMENT = ["environment", "environment_protected", "deployment_tier", "environment_action"]
SUPPORTED = [*ALWAYS, *OF_ENVIRONMENT, "groups_direct"]


def job_claims(job: Job, runner: Runner) -> dict[str, Any]:
    """What is the same in all ID tokens of a job. Two queries."""
    pipeline = job.pipeline
    return {
        **_project_claims(job),
        **_user_claims(job),
        "pipeline_id": str(pipeline.pk),
        "pipeline_source": pipeline.source,
        "job_id": str(job.pk),
        "job_source": pipeline.source,
        "ref": pipeline.ref,
        "ref_type": "tag" if pipeline.tag else "branch",
        "ref_path": pipeline.ref_path,
        "ref_protected": str(job.protected).lower(),
        **_environment_claims(job),
        "runner_id": runner.pk,
        "runner_environment": "self-hosted",
        "sha": pipeline.sha,
        **_config_claims(job),
    }


def token_claims(claims: dict[str, Any], job: Job, audience: str | list[str], now: datetime, lifetime: int) -> Any:
    """The claims of one token: those of its job, and its own. `lifetime`: seconds."""
    issued = int(now.timestamp())
    return {
        **claims,
        "iss": issuer(),
        "sub": subject(claims, job.project.id_token_subject),
        "aud": audience,
        "iat": issued,
        "nbf": issued - CLOCK_SKEW,
        "exp": issued + lifetime,
        "jti": str(uuid.uuid4()),
    }


def subject(claims: dict[str, Any], components: list[str]) -> str:
    """Such as `project_path:acme/app:ref_type:branch:ref:main`. What the job does not have is left out.

    Neither paths nor refs hold a colon, so that no name can pass for another claim.
    """
    known = [name for name in components if name in ID_TOKEN_SUBJECT_CLAIMS and name in claims]
    return ":".join(f"{name}:{claims[name]}" for name in known)


def _project_claims(job: Job) -> dict[str, str]:
    project = job.project
    claims = {
        "namespace_id": str(project.group_id),
        "namespace_path": project.full_path.rpartition("/")[0],
        "project_id": str(project.pk),
        "project_path": project.full_path,
    }
    # Different only where a merge request comes from a fork, which we do not have.
    claims |= {f"job_{name}": value for name, value in claims.items()}
    return {**claims, "project_visibility": project.visibility_name}


def _user_claims(job: Job) -> dict[str, Any]:
    user = job.user
    assert user is not None  # nobody else's jobs are claimed
    role = role_of(user, job.project)
    alive = Q(memberships__expires_at=None) | Q(memberships__expires_at__gt=today())
    groups = Group.objects.filter(alive, memberships__user=user, person=None).order_by("full_path")
    paths = list(groups.values_list("full_path", flat=True)[: MAX_GROUPS + 1])
    return {
        "user_id": str(user.pk),
        "user_login": user.username,
        "user_email": user.email,
        "user_access_level": role.name.lower() if role else None,
        **({"groups_direct": paths} if len(paths) <= MAX_GROUPS else {}),
    }


def _environment_claims(job: Job) -> dict[str, Any]:
    if job.environment is None:
        return {}
    keyword = job.options.get("environment") or {}
    return {
        "environment": job.environment.name,
        "environment_protected": "false",  # there are no protected environments here
        "deployment_tier": keyword.get("deployment_tier") or job.environment.tier,
        "environment_action": keyword.get("action") or "start",
    }


def _config_claims(job: Job) -> dict[str, str | None]:
    """Which CI file the pipeline was made of; null where that is not a file of the same commit."""
    pipeline = job.pipeline
    if not pipeline.config_path:
        return {"ci_config_ref_uri": None, "ci_config_sha": None}
    host = urlsplit(settings.EXTERNAL_URL).netloc
    uri = f"{host}/{job.project.full_path}//{pipeline.config_path}@{pipeline.ref_path}"
    return {"ci_config_ref_uri": uri, "ci_config_sha": pipeline.sha}
