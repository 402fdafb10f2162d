"""Pipelines that a newer commit or a failed job has made pointless, and jobs that are tried again."""

from __future__ import annotations

import pytest

from jobs.models import Job, Pipeline
from jobs.pipelines.job_actions import drop_job
from jobs.pipelines.services import cancel_pipeline, start_for_push
from projects.repository import Change, Repository
from tests.factories import runners
from tests.factories.cast import Cast

PLAIN = "a: {script: [x]}\nb: {script: [y]}"
SOFT = "default: {interruptible: true}\n" + PLAIN
MIXED = "a: {script: [x], interruptible: true}\nb: {script: [y]}"


def push(cast: Cast, yaml: str, branch: str = "main") -> Pipeline:
    old = "0" * 40
    new = runners.push_file(cast.app, yaml, branch=branch)
    made = start_for_push(project=cast.app, ref=f"refs/heads/{branch}", old=old, new=new, user=cast.developer)
    assert made is not None
    return made


def states(pipeline: Pipeline) -> list[str]:
    return list(pipeline.jobs.order_by("name").values_list("status", flat=True))


def test_what_has_not_begun_is_cancelled_by_a_newer_commit(cast: Cast) -> None:
    first = push(cast, PLAIN)
    second = push(cast, f"{PLAIN}\nc: {{script: [z]}}")
    assert states(first) == ["canceled", "canceled"]
    assert states(second) == ["pending"] * 3


def test_what_has_begun_stays_unless_it_may_be_interrupted(cast: Cast) -> None:
    for yaml, after in ((PLAIN, ["running", "pending"]), (SOFT, ["canceled", "canceled"])):
        first = push(cast, f"{yaml}\n# once")
        assert runners.runner(cast.app).work().payload["job_info"]["pipeline_id"] == first.pk
        push(cast, f"{yaml}\n# twice")
        assert states(first) == after
        cancel_pipeline(first)
        Job.objects.filter(status="pending").update(status="canceled")


@pytest.mark.parametrize(
    ("how", "after"), [("none", ["pending", "pending"]), ("interruptible", ["canceled", "pending"])]
)
def test_the_file_says_how(cast: Cast, how: str, after: list[str]) -> None:
    first = push(cast, f"workflow: {{auto_cancel: {{on_new_commit: {how}}}}}\n{MIXED}")
    push(cast, PLAIN)
    assert states(first) == after


def test_other_branches_and_asked_for_pipelines_stay(cast: Cast) -> None:
    scheduled = runners.pipeline(cast.app, cast.developer, PLAIN, source="schedule")
    other = push(cast, PLAIN, branch="feature")
    push(cast, SOFT)
    assert states(other) == states(scheduled) == ["pending", "pending"]


@pytest.mark.django_db(transaction=True)
def test_one_failure_may_end_all(cast: Cast) -> None:
    pipeline = runners.pipeline(
        cast.app, cast.developer, f"workflow: {{auto_cancel: {{on_job_failure: all}}}}\n{PLAIN}"
    )
    runners.runner(cast.app).work().fail()
    assert states(pipeline) == ["failed", "canceled"]


# --- Trying again -----------------------------------------------------------------------------------------------------


def test_a_failed_job_is_tried_again_as_the_same_person_as_often_as_the_file_says(cast: Cast) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, "a: {script: [x], retry: 2}")
    runner = runners.runner(cast.app)
    for _ in range(3):
        runner.last_update = ""
        work = runner.work()
        assert work.variables["GITLAB_USER_LOGIN"] == "developer"
        work.fail()
    runner.last_update = ""
    assert runner.take() is None
    assert pipeline.jobs.count() == 3
    pipeline.refresh_from_db()
    assert pipeline.status == "failed"


@pytest.mark.parametrize(
    ("rule", "reason", "code", "tries"),
    [
        ("{max: 1, when: runner_system_failure}", "runner_system_failure", 1, 2),
        ("{max: 1, when: runner_system_failure}", "script_failure", 1, 1),
        ("{max: 1, exit_codes: [137]}", "script_failure", 137, 2),
        ("{max: 1, exit_codes: [137]}", "script_failure", 1, 1),
        ("0", "script_failure", 1, 1),
    ],
)
def test_a_job_is_retried_only_for_the_failures_it_names(
    cast: Cast, rule: str, reason: str, code: int, tries: int
) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, f"a: {{script: [x], retry: {rule}}}")
    runners.runner(cast.app).work().fail(reason, code)
    assert pipeline.jobs.count() == tries


@pytest.mark.parametrize("reason", ["no_updates_running", "stuck_or_timeout_failure"])
def test_a_lost_job_is_tried_again_by_either_name_of_its_reason(cast: Cast, reason: str) -> None:
    made = runners.pipeline(cast.app, cast.developer, f"a: {{script: [x], retry: {{max: 1, when: {reason}}}}}")
    runners.runner(cast.app).work()
    drop_job(made.jobs.get(), reason="no_updates_running")
    assert states(made) == ["failed", "pending"]


def test_a_blocked_persons_job_is_not_tried_again(cast: Cast) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, "a: {script: [x], retry: 2}")
    runners.runner(cast.app).work()
    cast.developer.is_active = False
    cast.developer.save()
    drop_job(pipeline.jobs.get(), reason="runner_system_failure")
    assert pipeline.jobs.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("own", "source", "after"),
    [("", "push", "canceled"), ("interruptible: false, ", "push", "running"), ("", "schedule", "running")],
)
def test_a_child_ends_as_its_own_file_says_when_its_parent_is_replaced(
    cast: Cast, own: str, source: str, after: str
) -> None:
    """The parent itself has ended: it does not wait for the child."""
    child = f"default: {{interruptible: true}}\nwork: {{{own}script: [x]}}"
    Repository(cast.app.repository_path).write(
        "main", [Change("create", "child.yml", child.encode())], "Add a child", by=("T", "t@example.org")
    )
    parent = runners.pipeline(cast.app, cast.developer, "go: {trigger: {include: child.yml}}", source=source)
    found = Pipeline.objects.get(source="parent_pipeline")
    runners.runner(cast.app).work()
    parent.refresh_from_db()
    assert parent.status == "success"
    push(cast, PLAIN)
    assert states(found) == [after]
