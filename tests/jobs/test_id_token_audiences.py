"""Whom an ID token is for, where a variable says it (runner.md §7.1)."""

from __future__ import annotations

import pytest

from jobs.models import Job
from tests.factories import runners
from tests.factories.cast import Cast


@pytest.mark.parametrize("audience", ["$NOBODY", "['https://a.example.com', '$NOBODY']"])
def test_there_is_no_token_for_an_empty_audience(cast: Cast, audience: str) -> None:
    runners.pipeline(cast.app, cast.developer, f"deploy:\n  script: [x]\n  id_tokens:\n    T: {{aud: {audience}}}\n")
    assert runners.runner(cast.app).take() is None
    job = Job.objects.get(project=cast.app)
    assert (job.status, job.failure_reason) == ("failed", "data_integrity_failure")
