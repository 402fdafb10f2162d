"""The pictures of a README that tell how a branch is."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest
from django.test import Client

from jobs.models import Job, Pipeline
from tests.factories import jobs
from tests.factories.cast import Cast
from tokenaccess.policy.levels import Visibility

PIPELINE = "/acme/library/-/badges/main/pipeline.svg"
COVERAGE = "/acme/library/-/badges/main/coverage.svg"


def words(answer: Any) -> str:
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/svg+xml; charset=utf-8"
    root = ET.fromstring(answer.content)
    return str(root.attrib["aria-label"])


@pytest.fixture
def member(cast: Cast, client: Client) -> Client:
    client.force_login(cast.reporter)
    return client


def ran(cast: Cast, status: str, coverage: float | None = None) -> Job:
    job = jobs.job(cast.library, cast.owner, status=status)
    Job.objects.filter(pk=job.pk).update(coverage=coverage)
    Pipeline.objects.filter(pk=job.pipeline_id).update(status=status, ref="main")
    return job


def test_a_picture_tells_how_the_latest_pipeline_went(cast: Cast, member: Client):
    assert words(member.get(PIPELINE)) == "pipeline: unknown"
    ran(cast, "failed")
    assert words(member.get(PIPELINE)) == "pipeline: failed"
    ran(cast, "success")
    assert words(member.get(PIPELINE)) == "pipeline: passed"
    assert words(member.get("/acme/library/badges/main/pipeline.svg")) == "pipeline: passed"
    ran(cast, "skipped")
    assert words(member.get(PIPELINE)) == "pipeline: skipped"
    assert words(member.get(f"{PIPELINE}?ignore_skipped=true")) == "pipeline: passed"
    assert words(member.get(PIPELINE.replace("main", "feature/a"))) == "pipeline: unknown"


def test_a_picture_tells_what_the_tests_cover(cast: Cast, member: Client):
    assert words(member.get(COVERAGE)) == "coverage: unknown"
    job = ran(cast, "success", 91.5)
    ran(cast, "failed", 10.0)
    assert words(member.get(COVERAGE)) == "coverage: 91.50%"
    assert words(member.get(f"{COVERAGE}?job={job.name}")) == "coverage: 91.50%"
    assert words(member.get(f"{COVERAGE}?job=other")) == "coverage: unknown"
    assert b"#4c1" in member.get(f"{COVERAGE}?min_good=91").content
    assert b"#e05d44" in member.get(f"{COVERAGE}?min_good=99&min_acceptable=98&min_medium=97").content


def test_the_text_of_a_badge_is_chosen_and_stays_text(cast: Cast, member: Client):
    answer = member.get(PIPELINE, {"key_text": "<script>alert(1)</script>&", "key_width": "40", "style": "flat-square"})
    assert words(answer) == "<script>alert(1)</script>&: unknown"
    assert b"<script" not in answer.content
    for odd in ({"key_text": "x" * 5000}, {"key_width": "9" * 30}, {"key_width": "-1"}, {"min_good": "x"}):
        assert member.get(PIPELINE, odd).status_code == 200


def test_nobody_sees_more_than_the_pipelines_they_may_see(cast: Cast, client: Client):
    assert client.get(PIPELINE).status_code == client.get(PIPELINE.replace("library", "nothing")).status_code == 302
    client.force_login(cast.outsider)
    hidden, absent = client.get(PIPELINE), client.get(PIPELINE.replace("library", "nothing"))
    assert hidden.status_code == absent.status_code == 404
    client.logout()
    cast.library.visibility = Visibility.PUBLIC
    cast.library.save()
    assert words(client.get(PIPELINE)) == "pipeline: unknown"
    cast.library.public_jobs = False
    cast.library.save()
    assert client.get(PIPELINE).status_code == 302
