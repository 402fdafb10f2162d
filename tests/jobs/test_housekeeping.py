"""What time alone brings about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from jobs import housekeeping
from jobs.housekeeping import run_housekeeping
from jobs.models import Job, Pipeline, Runner
from jobs.pipelines.job_actions import cancel_job
from projects.models import Membership
from tests.factories import jobs, projects, runners
from tests.factories.cast import Cast
from tests.support.client import Api
from tokenaccess.policy.levels import Role

NOW = timezone.now


def ago(**span: Any) -> Any:
    return NOW() - timedelta(**span)


def state(job: Job) -> tuple[str, str]:
    job.refresh_from_db()
    return job.status, job.failure_reason


def test_a_job_past_its_time_fails_and_its_token_dies(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    work = runners.runner(cast.app).work()
    Job.objects.update(started_at=ago(hours=1, minutes=4), touched_at=NOW(), timeout=3600)
    run_housekeeping()
    assert Job.objects.get().status == "running"  # the runner is given some minutes to say so itself
    Job.objects.update(started_at=ago(hours=1, minutes=6))
    run_housekeeping()
    assert state(Job.objects.get()) == ("failed", "job_execution_timeout")
    assert Pipeline.objects.get().status == "failed"
    assert Api(job=work.token).get("/job").status_code == 401
    assert work.log(b"more").status_code == 403


@pytest.mark.parametrize(
    ("status", "silent", "after"),
    [
        ("running", {"minutes": 59}, ("running", "")),
        ("running", {"minutes": 61}, ("failed", "no_updates_running")),
        ("canceling", {"minutes": 10}, ("canceling", "")),
        ("canceling", {"minutes": 20}, ("canceled", "")),
    ],
)
def test_a_silent_runners_job_is_given_up(cast: Cast, status: str, silent: Any, after: tuple[str, str]) -> None:
    job = jobs.job(cast.app, cast.developer, status, touched_at=ago(**silent))
    run_housekeeping()
    assert state(job) == after


def pending(cast: Cast, **fields: Any) -> Job:
    return jobs.job(cast.app, cast.developer, "pending", started_at=None, **fields)


def test_a_job_without_a_runner_waits_an_hour(cast: Cast) -> None:
    early, late = pending(cast, queued_at=ago(minutes=59)), pending(cast, queued_at=ago(minutes=61))
    run_housekeeping()
    assert state(early) == ("pending", "")
    assert state(late) == ("failed", "stuck_or_timeout_failure")


def test_a_job_that_a_runner_could_take_waits_a_day(cast: Cast) -> None:
    runners.runner(cast.app, tag_list=["a"]).poll()
    Runner.objects.update(contacted_at=NOW())
    fits = pending(cast, queued_at=ago(hours=23))
    other_tags = pending(cast, queued_at=ago(hours=2), tag_list=["b"], tag_key="b")
    too_long = pending(cast, queued_at=ago(hours=25))
    run_housekeeping()
    assert state(fits) == ("pending", "")
    assert state(other_tags) == state(too_long) == ("failed", "stuck_or_timeout_failure")


def test_a_delayed_job_goes_when_its_time_has_come(cast: Cast) -> None:
    yaml = "later: {script: [x], when: delayed, start_in: 30 minutes}"
    pipeline = runners.pipeline(cast.app, cast.developer, yaml)
    job = pipeline.jobs.get()
    assert job.status == "scheduled"
    assert job.starts_at is not None
    assert timedelta(minutes=29) < job.starts_at - NOW() < timedelta(minutes=31)
    run_housekeeping()
    assert state(job)[0] == "scheduled"
    run_housekeeping(NOW() + timedelta(minutes=31))
    assert state(job)[0] == "pending"
    assert runners.runner(cast.app).work().id == job.pk


@pytest.mark.django_db(transaction=True)
def test_a_bridge_whose_server_stopped_is_helped_on(cast: Cast) -> None:
    runners.push_file(cast.library, runners.SIMPLE)
    options = {"trigger": {"project": "acme/library", "forward": {}}}
    early = jobs.job(cast.app, cast.developer, "running", bridge=True, options=options)
    late = jobs.job(cast.app, cast.developer, "running", bridge=True, options=options, started_at=ago(minutes=2))
    lost = jobs.job(cast.app, cast.developer, "running", bridge=True, options=options, touched_at=ago(hours=1))
    run_housekeeping()
    assert state(early)[0] == "running"
    assert state(late)[0] == "success"
    assert Pipeline.objects.get(project=cast.library).started_by_job == late
    assert state(lost) == ("failed", "downstream_pipeline_creation_failed")


@pytest.mark.django_db(transaction=True)
def test_jobs_of_a_resource_group_run_one_at_a_time(cast: Cast) -> None:
    yaml = "deploy: {script: [x], resource_group: $CI_COMMIT_REF_NAME}"
    first, second = (runners.pipeline(cast.app, cast.developer, yaml).jobs.get() for _ in range(2))
    assert (first.resource_group, state(first)[0], state(second)[0]) == ("main", "pending", "waiting_for_resource")
    runners.runner(cast.app).work().succeed()
    assert state(second)[0] == "pending"
    third = runners.pipeline(cast.app, cast.developer, yaml).jobs.get()
    cancel_job(second)
    assert state(third)[0] == "pending"


def test_a_resource_group_that_nobody_handed_on_is(cast: Cast) -> None:
    job = jobs.job(cast.app, cast.developer, "waiting_for_resource", resource_group="one")
    run_housekeeping()
    assert state(job)[0] == "pending"


def test_a_pipeline_that_missed_its_end_is_settled(cast: Cast) -> None:
    job = jobs.job(cast.app, cast.developer, "success")
    Pipeline.objects.update(updated_at=ago(minutes=10))
    run_housekeeping()
    assert Pipeline.objects.get(pk=job.pipeline_id).status == "success"


def test_what_fails_keeps_nothing_else_from_being_done(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(now: Any) -> int:
        raise RuntimeError("no")

    monkeypatch.setitem(housekeeping.STEPS, "timed out", broken)
    job = jobs.job(cast.app, cast.developer, touched_at=ago(hours=2))
    run_housekeeping()
    assert state(job)[0] == "failed"


def test_the_command_tells_what_it_did_and_sweeps_what_has_ended(cast: Cast, capsys: Any) -> None:
    jobs.job(cast.app, cast.developer, touched_at=ago(hours=2))
    projects.member(cast.outsider, cast.library, Role.DEVELOPER)
    Membership.objects.filter(user=cast.outsider).update(expires_at=ago(days=1).date())
    call_command("housekeeping")
    output = capsys.readouterr().out
    assert "1 became unresponsive" in output
    assert "memberships ended" in output
    assert not Membership.objects.filter(user=cast.outsider).exists()
    call_command("housekeeping")
    assert capsys.readouterr().out == ""


def test_two_passes_at_once_do_everything_once(cast: Cast) -> None:
    rule = {"max": 2, "when": ["always"], "exit_codes": []}
    job = jobs.job(cast.app, cast.developer, touched_at=ago(hours=2), options={"retry": rule})
    stale = list(Job.objects.filter(pk=job.pk))
    run_housekeeping()
    assert housekeeping._fail(stale, "no_updates_running", {"running"}) == 1  # type: ignore[arg-type]
    assert Job.objects.count() == 2  # tried again once, not twice
