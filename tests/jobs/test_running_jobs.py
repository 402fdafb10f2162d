"""While a job runs: its state, its log, and what stops it (runner.md §3 and §5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs.logs import storage
from jobs.models import Job, Runner, RunnerManager
from jobs.pipelines.job_actions import cancel_job, erase_job
from tests.factories import runners
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.client import Api
from tests.support.runner import Work


@pytest.fixture
def work(cast: Cast) -> Work:
    runners.pipeline(cast.app, cast.developer)
    return runners.runner(cast.app).work()


def test_a_sign_of_life_changes_nothing(work: Work) -> None:
    answer = work.update("running")
    assert (answer.status_code, answer.headers["Job-Status"]) == (200, "running")


@pytest.mark.parametrize("call", ["log", "update"])
def test_a_machine_that_only_runs_its_job_is_online(work: Work, call: str) -> None:
    long_ago = timezone.now() - timedelta(hours=3)
    Runner.objects.update(contacted_at=long_ago)
    RunnerManager.objects.update(contacted_at=long_ago)
    Job.objects.filter(pk=work.id).update(touched_at=long_ago)
    answer = work.log(b"still at it\n") if call == "log" else work.update("running")
    assert answer.status_code in {200, 202}
    assert (Runner.objects.get().status, RunnerManager.objects.get().status) == ("online", "online")


def test_a_second_final_report_is_answered_that_the_job_is_over(work: Work) -> None:
    assert work.succeed().status_code == 200
    answer = work.succeed()
    assert (answer.status_code, answer.headers["Job-Status"]) == (403, "success")
    assert answer.json() == {"message": "403 Forbidden - Job is not processing on runner"}


def test_a_failure_keeps_its_reason_and_exit_code(work: Work) -> None:
    assert work.fail("script_failure", 7).status_code == 200
    job = Job.objects.get()
    assert (job.status, job.failure_reason, job.exit_code) == ("failed", "script_failure", 7)
    assert job.pipeline.status == "failed"


@pytest.mark.one_case
@pytest.mark.parametrize("reason", ["never heard of", "\0", 5, None])
def test_an_unknown_reason_is_an_unknown_failure(work: Work, reason: Any) -> None:
    assert work.update("failed", failure_reason=reason, exit_code="?").status_code == 200
    assert Job.objects.get().failure_reason == "unknown_failure"


@pytest.mark.one_case
@pytest.mark.parametrize("state", ["canceled", "", 5, "no such"])
def test_a_state_that_is_none_is_refused(work: Work, state: Any) -> None:
    assert work.update(state).status_code == 400
    assert Job.objects.get().status == "running"


# --- The log ----------------------------------------------------------------------------------------------------------


def test_the_log_grows_by_patches(work: Work) -> None:
    answer = work.log(b"first line\n")
    assert answer.status_code == 202
    assert answer.headers["Range"] == "0-11"
    assert answer.headers["Job-Status"] == "running"
    assert int(answer.headers["X-GitLab-Trace-Update-Interval"]) <= 10
    assert work.log(b"second line\n").headers["Range"] == "0-23"
    assert b"".join(storage.blocks(Job.objects.get())) == b"first line\nsecond line\n"


@pytest.mark.one_case
@pytest.mark.parametrize("start", [0, 5, 12, 99])
def test_a_patch_out_of_step_is_answered_where_the_log_ends(work: Work, start: int) -> None:
    work.log(b"first line\n")
    answer = work.log(b"first line\n", start=start)
    assert (answer.status_code, answer.headers["Range"]) == (416, "0-11")
    assert storage.size(Job.objects.get()) == 11


@pytest.mark.one_case
@pytest.mark.parametrize("content_range", [None, "", "bytes 0-5", "a-b", "-1-5", "0", "9" * 40 + "-1"])
def test_a_patch_without_a_proper_range_is_refused(work: Work, content_range: str | None) -> None:
    assert work.patch(b"hello", content_range).status_code == 400


def test_a_log_over_its_limit_fails_the_job(work: Work, settings: Any) -> None:
    settings.TRACE_BYTES = 20
    assert work.log(b"x" * 20).status_code == 202
    answer = work.log(b"x")
    assert (answer.status_code, answer.headers["Job-Status"]) == (403, "failed")
    job = Job.objects.get()
    assert (job.failure_reason, storage.size(job)) == ("trace_size_exceeded", 20)
    assert work.update("failed").status_code == 403


def test_the_servers_own_token_is_masked_byte_for_byte(work: Work, cast: Cast, api: Any) -> None:
    line = f"machine host password {work.token}\n".encode()
    assert work.log(line).headers["Range"] == f"0-{len(line)}"
    stored = Job.objects.get().trace_path.read_bytes()
    assert len(stored) == len(line)
    assert stored == b"machine host password " + b"x" * len(work.token) + b"\n"
    shown = api(cast.developer).get(f"/projects/{cast.app.pk}/jobs/{work.id}/trace")
    assert shown.getvalue() == b"machine host password [MASKED]\n"


@pytest.mark.one_case
@pytest.mark.parametrize("cut", [1, 3, 6, 7, 20, 54])
def test_a_token_cut_in_two_by_patches_is_masked_all_the_same(work: Work, cut: int) -> None:
    token = work.token.encode()
    work.log(b"password " + token[:cut])
    work.log(token[cut:] + b" was it\n")
    job = Job.objects.get()
    stored = job.trace_path.read_bytes()
    assert len(stored) == len(b"password " + token + b" was it\n")
    assert token not in stored
    assert token[7:20] not in stored
    assert b"x" * 40 in stored
    assert b"".join(storage.blocks(job)) == b"password [MASKED] was it\n"


def test_personal_tokens_are_masked_in_a_log(work: Work, cast: Cast) -> None:
    secret = token_for(cast.developer).encode()
    work.log(b"curl -H 'PRIVATE-TOKEN: " + secret + b"'\n")
    assert secret[6:] not in Job.objects.get().trace_path.read_bytes()
    assert b"".join(storage.blocks(Job.objects.get())) == b"curl -H 'PRIVATE-TOKEN: [MASKED]'\n"


def test_what_the_runner_masked_stays_as_it_is(work: Work) -> None:
    work.log(b"token=[MASKED] glpat-[MASKED]\n")
    assert b"".join(storage.blocks(Job.objects.get())) == b"token=[MASKED] glpat-[MASKED]\n"


# --- Who may report ---------------------------------------------------------------------------------------------------


def test_a_wrong_token_is_always_a_403(work: Work, cast: Cast) -> None:
    for token in ("", "glcbt-made-up", cast.job_token(), "x" * 10_000, "\0"):
        stranger = Api(headers={"JOB-TOKEN": token}) if token.isprintable() else Api()
        assert stranger.put(f"/jobs/{work.id}", {"state": "success", "token": token}).status_code == 403
        patch = stranger.patch(
            f"/jobs/{work.id}/trace", b"x", content_type="text/plain", headers={"Content-Range": "0-0"}
        )
        assert patch.status_code == 403
    assert work.api.put("/jobs/999999999999999999999999", {"state": "success"}).status_code == 403
    assert Job.objects.get(pk=work.id).status == "running"


def test_an_erased_job_says_so(work: Work, cast: Cast) -> None:
    work.log(b"hello\n")
    work.succeed()
    erase_job(Job.objects.get(), by=cast.developer)
    assert work.update("running").json() == {"message": "403 Forbidden - Job has been erased!"}


def test_a_cancelled_job_is_stopped_at_its_next_call(work: Work) -> None:
    cancel_job(Job.objects.get())
    answer = work.log(b"still here\n")
    assert (answer.status_code, answer.headers["Job-Status"]) == (403, "canceled")
    assert work.fail().status_code == 403
    assert Job.objects.get().status == "canceled"


def test_a_runner_that_can_stop_gracefully_finishes_first(cast: Cast, api: Any) -> None:
    runners.pipeline(cast.app, cast.developer)
    work = runners.runner(cast.app, gracefully=True).work()
    cancel_job(Job.objects.get())
    assert Job.objects.get().status == "canceling"
    assert work.log(b"running after_script\n").headers["Job-Status"] == "canceling"
    assert api(job=work.token).get("/job").status_code == 200
    assert work.succeed().headers["Job-Status"] == "canceled"
    assert api(job=work.token).get("/job").status_code == 401


def test_force_ends_a_job_that_is_being_cancelled(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    runners.runner(cast.app, gracefully=True).work()
    cancel_job(Job.objects.get())
    cancel_job(Job.objects.get(), force=True)
    assert Job.objects.get().status == "canceled"


# --- The token's life -------------------------------------------------------------------------------------------------


def test_there_is_no_token_before_the_job_runs(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    assert not hasattr(Job.objects.get(), "token")


@pytest.mark.parametrize("end", ["success", "failed", "canceled", "erased"])
def test_the_token_dies_with_the_job(work: Work, cast: Cast, api: Any, end: str) -> None:
    assert api(job=work.token).get("/job").status_code == 200
    work.log(b"hello\n")
    if end == "canceled":
        cancel_job(Job.objects.get())
    else:
        work.update("success" if end == "erased" else end)
    if end == "erased":
        erase_job(Job.objects.get(), by=cast.developer)
    answer = api(job=work.token).get("/job")
    assert (answer.status_code, answer.json()) == (401, {"message": "401 Unauthorized"})


def test_the_token_of_a_blocked_person_is_refused_with_the_reason(work: Work, cast: Cast, api: Any) -> None:
    cast.developer.is_active = False
    cast.developer.save()
    answer = api(job=work.token).get("/job")
    assert answer.status_code == 403
    assert answer.json() == {"message": "403 Forbidden - Your account has been blocked."}


def test_the_token_goes_with_its_project(work: Work, cast: Cast, api: Any) -> None:
    cast.app.pending_deletion = True
    cast.app.save()
    assert api(job=work.token).get("/job").status_code == 401
    assert work.update("running").json() == {"message": "403 Forbidden - Project has been deleted!"}
