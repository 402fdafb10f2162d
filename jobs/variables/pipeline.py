"""What is run: the commit, the pipeline, and who started it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from identity.models import User
from jobs.models import Pipeline
from jobs.variables.value import Variable, plain, slug, verbatim

LONGEST_MESSAGE = 100_000


def of_pipeline(pipeline: Pipeline) -> list[Variable]:
    """Of one that is not saved yet, too: then without its numbers."""
    triggered = "true" if pipeline.source in {"trigger", "pipeline"} else None
    page = f"{settings.EXTERNAL_URL}/{pipeline.project.full_path}/-/pipelines/{pipeline.pk}"
    return [
        *plain(
            CI_PIPELINE_ID=pipeline.pk,
            CI_PIPELINE_URL=page if pipeline.pk else None,
            CI_PIPELINE_IID=pipeline.iid,
            CI_PIPELINE_SOURCE=pipeline.source,
            CI_PIPELINE_CREATED_AT=_moment(pipeline.created_at),
            CI_PIPELINE_TRIGGERED=triggered,
        ),
        *verbatim(
            CI_PIPELINE_NAME=pipeline.name or None,
            CI_PIPELINE_SCHEDULE_DESCRIPTION=pipeline.schedule.description if pipeline.schedule else None,
        ),
        *_of_commit(pipeline),
    ]


def _of_commit(pipeline: Pipeline) -> list[Variable]:
    commit = pipeline.commit
    message = str(commit.get("message", ""))
    title, _, rest = message.partition("\n")
    return [
        *plain(
            CI_COMMIT_SHA=pipeline.sha,
            CI_COMMIT_SHORT_SHA=pipeline.sha[:8],
            CI_COMMIT_BEFORE_SHA=pipeline.before_sha,
            CI_COMMIT_REF_SLUG=slug(pipeline.ref),
            CI_COMMIT_REF_PROTECTED=str(pipeline.protected).lower(),
            CI_COMMIT_TIMESTAMP=_in_seconds(commit.get("committed_date")),
            CI_COMMIT_MESSAGE_IS_TRUNCATED=str(len(message.encode()) >= LONGEST_MESSAGE).lower(),
        ),
        *verbatim(
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


def of_user(user: User | None) -> list[Variable]:
    """The person the job acts as."""
    if user is None:
        return []
    return [
        *plain(GITLAB_USER_ID=user.pk, GITLAB_USER_EMAIL=user.email, GITLAB_USER_LOGIN=user.username),
        *verbatim(GITLAB_USER_NAME=user.name or user.username),
    ]


def _in_seconds(written: str | None) -> str | None:
    """A moment as the API writes it, without its fractions; in the zone of who committed."""
    if not written:
        return None
    return datetime.fromisoformat(written).isoformat(timespec="seconds").replace("+00:00", "Z")


def _moment(at: Any) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")
