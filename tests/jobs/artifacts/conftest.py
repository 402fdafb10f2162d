from __future__ import annotations

from typing import Any

import pytest

from jobs.models import Job
from jobs.states import State
from tests.factories import artifacts, jobs
from tests.factories.cast import Cast


@pytest.fixture
def running(cast: Cast) -> Job:
    """A running job of the library, started by its developer."""
    return jobs.job(cast.library, cast.developer)


@pytest.fixture
def token(running: Job) -> str:
    return jobs.token_of(running)


@pytest.fixture
def finished_job(cast: Cast) -> Job:
    """A job of the library's main branch that passed, with its pipeline; it left an archive."""
    pipeline = jobs.pipeline(cast.library, cast.developer, status=State.SUCCESS)
    job = jobs.job(cast.library, cast.developer, State.SUCCESS, pipeline=pipeline, name="build")
    artifacts.store(job)
    return job


@pytest.fixture
def older(cast: Cast, finished_job: Job) -> Any:
    """Makes a newer successful pipeline of the same branch, so that `finished` is not the latest any more."""
    return jobs.pipeline(cast.library, cast.developer, status=State.SUCCESS)
