"""Variables about the commit, the pipeline, and the person who started it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from identity.models import User
from jobs.models import Pipeline
from jobs.variables.value import Variable, public_variables, raw_variables, slug

MAX_MESSAGE_LENGTH = 100_000


def pipeline_variables(pipeline: Pipeline) -> list[Variable]:
    """Variables of a pipeline and its commit. A pipeline that is not saved yet has no id and iid."""
    triggered = "true" if pipeline.source in {"trigger", "pipeline"} else None
    page = f"{settings.EXTERNAL_URL}/{pipeline.project.full_path}/-/pipelines/{pipeline.pk}"
    return [
        *public_variables(
            CI_PIPELINE_ID=pipeline.pk,
            CI_PIPELINE_URL=page if pipeline.pk else None,
            CI_PIPELINE_IID=pipeline.iid,
            CI_PIPELINE_SOURCE=pipeline.source,
            CI_PIPELINE_CREATED_AT=_timestamp(pipeline.created_at),
            CI_PIPELINE_TRIGGERED=triggered,
        ),
        *raw_variables(
            CI_PIPELINE_NAME=pipeline.name or None,
            CI_PIPELINE_SCHEDULE_DESCRIPTION=pipeline.schedule.description if pipeline.schedule else None,
        ),
        *_commit_variables(pipeline),
    ]


def _commit_variables(pipeline: Pipeline) -> list[Variable]:
    commit = pipeline.commit
    message = str(commit.get("message", ""))
    title, _, rest = message.partition("\n")
    return [
        *public_variables(
            CI_COMMIT_SHA=pipeline.sha,
            CI_COMMIT_SHORT_SHA=pipeline.sha[:8],
            CI_COMMIT_BEFORE_SHA=pipeline.before_sha,
            CI_COMMIT_REF_SLUG=slug(pipeline.ref),
            CI_COMMIT_REF_PROTECTED=str(pipeline.protected).lower(),
            CI_COMMIT_TIMESTAMP=_in_seconds(commit.get("committed_date")),
            CI_COMMIT_MESSAGE_IS_TRUNCATED=str(len(message.encode()) >= MAX_MESSAGE_LENGTH).lower(),
        ),
        *raw_variables(
            CI_COMMIT_REF_NAME=pipeline.ref,
            # Absent, not empty, where they do not apply: rules test for that.
            CI_COMMIT_BRANCH=None if pipeline.tag else pipeline.ref,
            CI_COMMIT_TAG=pipeline.ref if pipeline.tag else None,
            CI_COMMIT_MESSAGE=message,
            CI_COMMIT_TITLE=title.strip(),
            CI_COMMIT_DESCRIPTION=rest.strip(),
            CI_COMMIT_AUTHOR=f"{commit.get('author_name', '')} <{commit.get('author_email', '')}>",
        ),
    ]


def user_variables(user: User | None) -> list[Variable]:
    """Variables of the person that the job acts as."""
    if user is None:
        return []
    return [
        *public_variables(GITLAB_USER_ID=user.pk, GITLAB_USER_EMAIL=user.email, GITLAB_USER_LOGIN=user.username),
        *raw_variables(GITLAB_USER_NAME=user.name or user.username),
    ]


def _in_seconds(written: str | None) -> str | None:
    """A timestamp of the API without fractions of seconds, in the committer's time zone."""
    if not written:
        return None
    return datetime.fromisoformat(written).isoformat(timespec="seconds").replace("+00:00", "Z")


def _timestamp(at: Any) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")
