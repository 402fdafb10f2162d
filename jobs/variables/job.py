"""All variables of one job, with the token among them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings

from jobs.artifacts.dependencies import Dependency
from jobs.config import expand
from jobs.environment_names import slug_of
from jobs.models import Environment, Job, Runner
from jobs.variables.dotenv import of_dependencies
from jobs.variables.expansion import expanded
from jobs.variables.pipeline import of_pipeline, of_user
from jobs.variables.place import of_project, of_server
from jobs.variables.stored import of_places
from jobs.variables.tiers import tier_of
from jobs.variables.value import Variable, plain, secret, slug, values, verbatim

LOGIN = "gitlab-ci-token"
_GROUP = re.compile(r"(?: \d+/\d+|: \[.*\])\Z")


def for_job(
    job: Job, runner: Runner, token: str, now: datetime, dependencies: Iterable[Dependency] = ()
) -> list[Variable]:
    """What the runner is sent. `now` is when the job starts; `token` its fresh job token.

    Raises identity.sealed.Unreadable.
    """
    pipeline = job.pipeline
    around = [*of_server(), *of_project(job.project), *of_pipeline(pipeline), *of_runner(runner)]
    from_file = given(job.options.get("variables", ()))
    environment = environment_of(job, [*around, *from_file])
    return expanded(
        [
            *_with_token(job, token),
            *of_job(job, now, environment),
            *around,
            *from_file,
            *of_user(job.user),
            *of_dependencies(dependencies),
            *of_places(job.project, protected=job.protected, environment=environment),
            *given(pipeline.variables),
            *given(job.options.get("play_variables", ())),
        ]
    )


def without_runner(job: Job, stored: Iterable[Variable] | None = None) -> list[Variable]:
    """What `trigger`, `tags` and `resource_group` may refer to: there is no token, no runner, and nothing fetched from
    earlier jobs. `stored`: the variables of its places, if they are known."""
    around = [*of_server(), *of_project(job.project), *of_pipeline(job.pipeline)]
    from_file = given(job.options.get("variables", ()))
    return expanded(
        [
            *_of_file(job, environment_of(job, [*around, *from_file])),
            *around,
            *from_file,
            *of_user(job.user),
            *(of_places(job.project, protected=job.protected) if stored is None else stored),
            *given(job.pipeline.variables),
            *given(job.options.get("play_variables", ())),
        ]
    )


def environment_of(job: Job, known: Iterable[Variable]) -> str:
    """The name of the job's environment, "" for none. Where there is no such environment (any longer), what the file
    comes to."""
    if job.environment is not None:
        return job.environment.name
    name = (job.options.get("environment") or {}).get("name")
    return expand(name, values(known))[:255] if name else ""


def clone_url(job: Job, token: str) -> str:
    """The address the runner fetches from, with the job's token in it."""
    parts = urlsplit(settings.EXTERNAL_URL)
    return f"{parts.scheme}://{LOGIN}:{token}@{parts.netloc}{parts.path}/{job.project.full_path}.git"


def _with_token(job: Job, token: str) -> list[Variable]:
    return [
        secret("CI_JOB_TOKEN", token),
        *plain(CI_REGISTRY_USER=LOGIN),
        secret("CI_REGISTRY_PASSWORD", token),
        *plain(CI_DEPENDENCY_PROXY_USER=LOGIN),
        secret("CI_DEPENDENCY_PROXY_PASSWORD", token),
        secret("CI_REPOSITORY_URL", clone_url(job, token), masked=False),
    ]


def of_job(job: Job, now: datetime, name: str = "") -> list[Variable]:
    """`name` is that of its environment."""
    started = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        *plain(
            CI_JOB_ID=job.pk,
            CI_JOB_URL=f"{settings.EXTERNAL_URL}/{job.project.full_path}/-/jobs/{job.pk}",
            CI_JOB_STARTED_AT=started,
            CI_JOB_STARTED_AT_SLUG=slug(started),
            CI_JOB_MANUAL="true" if job.when == "manual" else None,
        ),
        *_of_file(job, name),
    ]


def _of_file(job: Job, name: str) -> list[Variable]:
    """What the CI file says of it."""
    options = job.options
    environment, row = options.get("environment") or {}, job.environment
    return [
        *plain(
            CI_JOB_NAME_SLUG=slug(job.name),
            CI_NODE_INDEX=options.get("node_index"),
            CI_NODE_TOTAL=options.get("node_total") or 1,
            CI_ENVIRONMENT_ID=row.pk if row else None,
            CI_ENVIRONMENT_SLUG=slug_of(name) if name else None,
        ),
        *verbatim(
            CI_JOB_NAME=job.name,
            CI_JOB_GROUP_NAME=options.get("group") or _GROUP.sub("", job.name),
            CI_JOB_STAGE=job.stage,
            CI_ENVIRONMENT_NAME=name or None,
        ),
        *plain(
            CI_ENVIRONMENT_ACTION=environment.get("action") if name else None,
            CI_ENVIRONMENT_TIER=_tier(environment, row, name) if name else None,
            CI_ENVIRONMENT_URL=environment.get("url") if name else None,
        ),
    ]


def _tier(said: Mapping[str, Any], row: Environment | None, name: str) -> str:
    return str(said.get("deployment_tier") or (row.tier if row else tier_of(name)))


def of_runner(runner: Runner) -> list[Variable]:
    return [
        *plain(CI_RUNNER_ID=runner.pk),
        *verbatim(
            CI_RUNNER_DESCRIPTION=runner.description,
            CI_RUNNER_TAGS=orjson.dumps(runner.tag_list).decode().replace('","', '", "'),
        ),
    ]


def given(variables: Iterable[Mapping[str, Any]]) -> list[Variable]:
    """From the file, the request, or the person who played it. Not public: their values may be anything."""
    return [
        Variable(
            str(one["key"]),
            str(one["value"]),
            public=False,
            raw=bool(one.get("raw", False)),
            file=one.get("variable_type") == "file",
        )
        for one in variables
    ]
