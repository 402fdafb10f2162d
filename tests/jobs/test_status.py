"""How jobs add up to a pipeline, and when a waiting one goes (runner.md §8.4–8.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from jobs.pipelines.status import composite_status, next_state, status_before

pytestmark = pytest.mark.pure


@dataclass
class One:
    status: str
    allow_failure: bool = False
    stage_index: int = 0
    name: str = "job"
    when: str = "on_success"
    needs: Any = field(default=None)


def those(words: str) -> list[One]:
    """`failed?` is a failure that is allowed."""
    return [One(word.rstrip("?"), allow_failure=word.endswith("?")) for word in words.split()]


@pytest.mark.parametrize(
    ("jobs", "status"),
    [
        ("", "success"),
        ("success success", "success"),
        ("success failed?", "success"),
        ("success canceled?", "success"),
        ("success skipped", "success"),
        ("skipped skipped", "skipped"),
        ("skipped manual?", "skipped"),
        ("success manual?", "success"),
        ("success manual", "manual"),
        ("created created", "created"),
        ("created failed?", "created"),
        ("success canceled", "canceled"),
        ("success failed", "failed"),
        ("failed canceled", "failed"),
        ("pending created", "pending"),
        ("success pending", "running"),
        ("running created", "running"),
        ("failed running", "running"),
        ("failed pending", "running"),
        ("success created", "running"),
        ("success scheduled", "scheduled"),
        ("success waiting_for_resource", "waiting_for_resource"),
        ("success canceling", "canceling"),
        ("manual created", "manual"),
        ("running canceling", "running"),
    ],
)
def test_the_states_of_jobs_add_up_to_the_pipelines(jobs: str, status: str) -> None:
    assert composite_status(those(jobs)) == status


@pytest.mark.parametrize(
    ("when", "after", "becomes"),
    [
        ("on_success", "success", "pending"),
        ("on_success", "skipped", "pending"),
        ("on_success", "failed", "skipped"),
        ("on_success", "canceled", "skipped"),
        ("on_success", "running", None),
        ("on_success", "manual", None),
        ("on_failure", "failed", "pending"),
        ("on_failure", "success", "skipped"),
        ("always", "failed", "pending"),
        ("always", "success", "pending"),
        ("manual", "success", "manual"),
        ("manual", "failed", "skipped"),
        ("delayed", "success", "scheduled"),
    ],
)
def test_a_waiting_job_goes_or_is_skipped(when: str, after: str, becomes: str | None) -> None:
    assert next_state(One("created", when=when), after) == becomes


@pytest.mark.parametrize(
    ("needed", "becomes"),
    [("success", "pending"), ("failed?", "pending"), ("skipped", "skipped"), ("running", None), ("failed", "skipped"),
     ("manual?", "skipped"), ("pending", None)],
)  # fmt: skip
def test_needs_look_at_the_jobs_they_name_and_no_others(needed: str, becomes: str | None) -> None:
    named = those(needed)[0]
    named.name = "build"
    other = One("failed", name="lint")
    waiting = One("created", stage_index=5, needs=[{"job": "build"}], name="test")
    assert next_state(waiting, status_before(waiting, [named, other, waiting])) == becomes


def test_no_needs_at_all_start_at_once() -> None:
    waiting = One("created", stage_index=5, needs=[])
    assert next_state(waiting, status_before(waiting, [One("running"), waiting])) == "pending"
