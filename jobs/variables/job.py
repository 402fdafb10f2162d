"""Puts together all variables of a job, including its token."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings

from ci_config import expand
from jobs.artifacts.dependencies import Dependency
from jobs.environments.names import environment_slug
from jobs.id_tokens.issue import id_token_variables
from jobs.models import Environment, Job, Runner
from jobs.variables.dotenv import dependency_variables
from jobs.variables.expansion import expand_all
from jobs.variables.pipeline import pipeline_variables, user_variables
from jobs.variables.predefined import project_variables, server_variables
from jobs.variables.stored import stored_variables
from jobs.variables.tiers import tier_from_name
from jobs.variables.value import Variable, public_variables, raw_variables, secret_variable, slug, values_by_key
from tokenaccess.policy.narrowing import VARIABLE as NARROWING_VARIABLE
from tokens.services import token_for_jobs

LOGIN = "gitlab-ci-token"
_GROUP = re.compile(r"(?: \d+/\d+|: \[.*\])\Z")


def variables_for_job(
    job: Job, runner: Runner, token: str, now: datetime, dependencies: Iterable[Dependency] = (), *, lifetime: int = 300
) -> list[Variable]:
    """The variables for the runner. `token`: the new job token. `now`: when the job starts. `lifetime`: seconds that
    it may run.

    Raises identity.encryption.DecryptionError, and what jobs.id_tokens.issue.id_token_variables raises.
    """
    pipeline = job.pipeline
    context = [
        *server_variables(),
        *project_variables(job.project),
        *pipeline_variables(pipeline),
        *runner_variables(runner),
    ]
    from_file = variables_from_dicts(job.options.get("variables", ()))
    environment = environment_name(job, [*context, *from_file])
    inner = [*job_variables(job, now, environment), *context, *from_file, *user_variables(job.user)]
    outer = [
        *stored_variables(job.project, protected=job.protected, environment=environment),
        *variables_from_dicts(pipeline.variables),
        *variables_from_dicts(job.options.get("play_variables", ())),
    ]
    return expand_all(
        [
            *id_token_variables(job, runner, now, lifetime, [*inner, *outer]),
            *_token_variables(job, token),
            *_deploy_token_variables(job),
            *inner,
            *dependency_variables(dependencies),
            *outer,
            # Of it only what the file says counts (jobs.runners.job_tokens).
            *(variable for variable in from_file if variable.key == NARROWING_VARIABLE),
        ]
    )


def variables_without_runner(job: Job, stored: Iterable[Variable] | None = None) -> list[Variable]:
    """The variables that `trigger`, `tags` and `resource_group` may refer to.

    There is no token, no runner, and nothing from earlier jobs. `stored`: the stored variables, if they are known.
    """
    context = [*server_variables(), *project_variables(job.project), *pipeline_variables(job.pipeline)]
    from_file = variables_from_dicts(job.options.get("variables", ()))
    return expand_all(
        [
            *_definition_variables(job, environment_name(job, [*context, *from_file])),
            *context,
            *from_file,
            *user_variables(job.user),
            *(stored_variables(job.project, protected=job.protected) if stored is None else stored),
            *variables_from_dicts(job.pipeline.variables),
            *variables_from_dicts(job.options.get("play_variables", ())),
        ]
    )


def environment_name(job: Job, known: Iterable[Variable]) -> str:
    """The name of the job's environment, "" for none.

    If the environment does not exist (any more), it is the expanded name from the CI file.
    """
    if job.environment is not None:
        return job.environment.name
    name = (job.options.get("environment") or {}).get("name")
    return expand(name, values_by_key(known))[:255] if name else ""


def clone_url(job: Job, token: str) -> str:
    """The address for fetching the repository, with the job's token in it."""
    parts = urlsplit(settings.EXTERNAL_URL)
    return f"{parts.scheme}://{LOGIN}:{token}@{parts.netloc}{parts.path}/{job.project.full_path}.git"


def _token_variables(job: Job, token: str) -> list[Variable]:
    return [
        secret_variable("CI_JOB_TOKEN", token),
        *public_variables(CI_REGISTRY_USER=LOGIN),
        secret_variable("CI_REGISTRY_PASSWORD", token),
        *public_variables(CI_DEPENDENCY_PROXY_USER=LOGIN),
        secret_variable("CI_DEPENDENCY_PROXY_PASSWORD", token),
        secret_variable("CI_REPOSITORY_URL", clone_url(job, token), masked=False),
    ]


def _deploy_token_variables(job: Job) -> list[Variable]:
    """Of the project's deploy token that is called gitlab-deploy-token (tokens.md §6.4)."""
    found = token_for_jobs(job.project)
    if found is None:
        return []
    return [*public_variables(CI_DEPLOY_USER=found[0]), secret_variable("CI_DEPLOY_PASSWORD", found[1])]


def job_variables(job: Job, now: datetime, name: str = "") -> list[Variable]:
    """Variables of a running job; `name`: of its environment, "" for none."""
    started = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        *public_variables(
            CI_JOB_ID=job.pk,
            CI_JOB_URL=f"{settings.EXTERNAL_URL}/{job.project.full_path}/-/jobs/{job.pk}",
            CI_JOB_STARTED_AT=started,
            CI_JOB_STARTED_AT_SLUG=slug(started),
            CI_JOB_MANUAL="true" if job.when == "manual" else None,
        ),
        *_definition_variables(job, name),
    ]


def _definition_variables(job: Job, name: str) -> list[Variable]:
    """Variables that follow from the CI file; `name`: of the environment, "" for none."""
    options = job.options
    environment, row = options.get("environment") or {}, job.environment
    return [
        *public_variables(
            CI_JOB_NAME_SLUG=slug(job.name),
            CI_NODE_INDEX=options.get("node_index"),
            CI_NODE_TOTAL=options.get("node_total") or 1,
            CI_ENVIRONMENT_ID=row.pk if row else None,
            CI_ENVIRONMENT_SLUG=environment_slug(name) if name else None,
        ),
        *raw_variables(
            CI_JOB_NAME=job.name,
            CI_JOB_GROUP_NAME=options.get("group") or _GROUP.sub("", job.name),
            CI_JOB_STAGE=job.stage,
            CI_ENVIRONMENT_NAME=name or None,
        ),
        *public_variables(
            CI_ENVIRONMENT_ACTION=environment.get("action") if name else None,
            CI_ENVIRONMENT_TIER=_tier(environment, row, name) if name else None,
            CI_ENVIRONMENT_URL=environment.get("url") if name else None,
        ),
    ]


def _tier(keyword: Mapping[str, Any], row: Environment | None, name: str) -> str:
    return str(keyword.get("deployment_tier") or (row.tier if row else tier_from_name(name)))


def runner_variables(runner: Runner) -> list[Variable]:
    return [
        *public_variables(CI_RUNNER_ID=runner.pk),
        *raw_variables(
            CI_RUNNER_DESCRIPTION=runner.description,
            CI_RUNNER_TAGS=orjson.dumps(runner.tag_list).decode().replace('","', '", "'),
        ),
    ]


def variables_from_dicts(variables: Iterable[Mapping[str, Any]]) -> list[Variable]:
    """Variables from the CI file, a request, or a form. They count as secret, because their values may be anything."""
    return [
        Variable(
            str(variable["key"]),
            str(variable["value"]),
            public=False,
            raw=bool(variable.get("raw", False)),
            file=variable.get("variable_type") == "file",
        )
        for variable in variables
    ]
