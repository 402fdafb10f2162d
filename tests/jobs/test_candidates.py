"""Which job is next for a runner (runner.md §2.3), however many wait in however many projects."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Job, Runner
from jobs.pipelines.interpolation import tag_key
from jobs.runners.queue import candidates
from jobs.runners.services import assign_runner, create_runner
from projects.models import Group, Project
from tests.factories import jobs, projects, runners
from tests.factories.cast import Cast
from tests.support.runner import FakeRunner

OPTIONS = {"script": ["make"]}


def pending(project: Project, user: Any, count: int = 1, *tags: str, protected: bool = False) -> list[Job]:
    """So many wait in one pipeline that runs already."""
    made = jobs.pipeline(project, user, protected=protected)
    key = tag_key(list(tags))
    fields = {"status": "pending", "stage": "test", "stage_index": 0, "name": "test", "options": OPTIONS}
    like = {"tag_list": list(tags), "tag_key": key, "protected": protected, **fields}
    return Job.objects.bulk_create(Job(project=project, user=user, pipeline=made, **like) for _ in range(count))


def several(cast: Cast, count: int, **fields: Any) -> list[Project]:
    return [projects.project(f"p{number}", group=cast.acme, by=cast.owner, **fields) for number in range(count)]


def take_ids(runner: FakeRunner, count: int) -> list[int]:
    """The ids of the next jobs, each left running."""
    return [runner.work().id for _ in range(count)]


def places(ids: list[int]) -> list[int]:
    of = dict(Job.objects.filter(pk__in=ids).values_list("pk", "project"))
    return [of[pk] for pk in ids]


@pytest.fixture(params=[2, 100], ids=["long", "short"])
def queue_is(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """With 2, any queue is one of which the oldest jobs do not tell all."""
    monkeypatch.setattr(candidates, "SCAN_LIMIT", request.param)
    return int(request.param)


@pytest.mark.usefixtures("queue_is")
def test_an_instance_runner_gives_every_project_its_turn(cast: Cast) -> None:
    for project, count in zip(several(cast, 8), (5, 1, 3, 3, 2, 4, 3, 3), strict=True):
        pending(project, cast.developer, count)
    order = places(take_ids(runners.runner(), 24))
    running: Counter[int] = Counter()
    waits = Counter(order)
    for place in order:
        assert running[place] == min(running[one] for one, left in waits.items() if left)
        running[place] += 1
        waits[place] -= 1


@pytest.mark.usefixtures("queue_is")
def test_a_small_project_does_not_wait_behind_the_long_queue_of_another(cast: Cast) -> None:
    many, few = several(cast, 2)
    first = pending(many, cast.developer, 10)
    [last] = pending(few, cast.developer)
    assert take_ids(runners.runner(), 3) == [first[0].pk, last.pk, first[1].pk]


@pytest.mark.usefixtures("queue_is")
def test_only_jobs_on_instance_runners_count_against_a_project(cast: Cast) -> None:
    one, other = several(cast, 2)
    waiting_there = pending(one, cast.developer, 3)
    pending(other, cast.developer, 3)
    take_ids(runners.runner(one), 2)
    assert take_ids(runners.runner(), 1) == [waiting_there[2].pk]


@pytest.mark.usefixtures("queue_is")
def test_of_projects_that_run_alike_the_oldest_job_is_first(cast: Cast) -> None:
    one, other = several(cast, 2)
    [late], [early] = pending(other, cast.developer), pending(one, cast.developer)
    assert take_ids(runners.runner(), 2) == [late.pk, early.pk]


@pytest.mark.usefixtures("queue_is")
@pytest.mark.parametrize("kind", ["group", "project"])
def test_other_runners_take_the_oldest_first_whatever_runs(cast: Cast, kind: str) -> None:
    elsewhere = projects.project("elsewhere", group=projects.group("far", by=cast.owner), by=cast.owner)
    one, other = several(cast, 2)
    pending(elsewhere, cast.developer, 4)
    wanted = [job.pk for project in (one, one, other, one) for job in pending(project, cast.developer, 2)]
    if kind == "group":
        runner = runners.runner(cast.acme)
    else:
        runner = runners.runner(one)
        assign_runner(Runner.objects.get(), other, by=cast.owner)
    assert take_ids(runner, len(wanted)) == wanted
    assert runner.poll().status_code == 204


@pytest.mark.usefixtures("queue_is")
def test_tagged_and_untagged_jobs_wait_in_one_line(cast: Cast) -> None:
    wanted = [
        job.pk
        for tags in (["linux"], [], ["linux", "gpu"], ["gpu"], [], ["mac"], ["gpu"])
        for job in pending(cast.app, cast.developer, 1, *tags)
        if "mac" not in tags
    ]
    runner = runners.runner(cast.acme, tag_list=["linux", "gpu"])
    assert take_ids(runner, len(wanted)) == wanted
    assert runner.poll().status_code == 204


def test_more_kinds_than_one_statement_holds_are_still_distinct(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "MAX_KINDS", 3)
    made = [pending(cast.app, cast.developer, 1, *tags)[0].pk for tags in (["a"], ["b"], ["a", "b"], ["c"], ["d"])]
    assert take_ids(runners.runner(tag_list=["a", "b", "c"]), 4) == made[:4]


PLACES = ["instance_type", "group_type", "project_type"]
TAGS = ["a", "b", "c"]


def expected_job(runner: Runner) -> int | None:
    """The rules of runner.md §2.3, read off one after the other over all jobs."""
    fits = [
        job
        for job in Job.objects.filter(status="pending", project__in=candidates.served_projects(runner))
        if set(job.tag_list) <= set(runner.tag_list)
        and (job.tag_list or runner.run_untagged)
        and (job.protected or runner.access_level == "not_protected")
    ]
    running = Counter(
        Job.objects.filter(status__in=["running", "canceling"], runner__runner_type="instance_type").values_list(
            "project", flat=True
        )
    )
    fair = runner.runner_type == "instance_type"
    order = sorted(fits, key=lambda job: (running[job.project_id] if fair else 0, job.pk))
    return order[0].pk if order else None


@pytest.mark.usefixtures("queue_is")
@pytest.mark.parametrize("seed", range(6))
def test_the_search_finds_what_the_rules_say_in_any_queue(cast: Cast, seed: int) -> None:
    chance = random.Random(seed)
    group = projects.group("inner", parent=cast.acme, by=cast.owner)
    all_projects = [
        projects.project(f"p{number}", group=chance.choice([cast.acme, group]), by=cast.owner) for number in range(5)
    ]
    Project.objects.filter(pk=all_projects[0].pk).update(shared_runners_enabled=False)
    Project.objects.filter(pk=all_projects[1].pk).update(archived=chance.random() < 0.5)
    known = []
    where: dict[str, dict[str, Any]] = {"group_type": {"group": group}, "project_type": {"project": all_projects[2]}}
    for kind in PLACES:
        for tags in ([], ["a"], ["a", "b"]):
            settings: dict[str, Any] = {"tag_list": tags, "run_untagged": not tags or chance.random() < 0.5}
            settings["access_level"] = chance.choice(["not_protected", "ref_protected"])
            made, _ = create_runner(runner_type=kind, by=None, **where.get(kind, {}), **settings)
            if kind == "project_type":
                made.projects.add(all_projects[3])
            known.append(made)
    for _ in range(12):
        tags = chance.sample(TAGS, chance.choice([0, 0, 1, 2]))
        project = chance.choice(all_projects)
        pending(project, cast.developer, chance.randint(1, 3), *tags, protected=chance.random() < 0.4)
    for _ in range(25):
        runner = chance.choice(known)
        head = candidates.next_candidate(runner)
        assert (head.job_id if head else None) == expected_job(runner), runner
        if head is not None:
            Job.objects.filter(pk=head.job_id).update(status="running", runner=runner)


@pytest.mark.parametrize("kind", PLACES)
def test_a_request_costs_the_same_statements_however_many_wait_where(cast: Cast, kind: str) -> None:
    places: dict[str, Group | Project] = {"group_type": cast.acme, "project_type": cast.app}
    runner = runners.runner(places.get(kind))
    pending(cast.app, cast.developer, 3)
    runner.work()
    counts = set()
    for number, others in enumerate((0, 12)):
        for project in several(cast, others) if number else []:
            pending(project, cast.developer, 30)
        runner.last_update = ""
        with CaptureQueriesContext(connection) as statements:
            runner.work()
        counts.add(len(statements))
    assert len(counts) == 1, counts


@pytest.mark.may_skip
def test_finding_a_job_reads_no_whole_table(cast: Cast) -> None:
    """Where the database says how it goes about it: SQLite does in a few words."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reads a small table whole, and rightly")
    pending(cast.app, cast.developer, 3)
    runner, _ = create_runner(runner_type="instance_type", by=None, tag_list=["a"])
    with CaptureQueriesContext(connection) as statements:
        candidates.next_candidate(runner)
        candidates._fairest(candidates.served_projects(runner), candidates.eligible_kinds(runner))
        candidates._oldest_in(candidates.served_projects(runner), candidates.eligible_kinds(runner))
    for statement in statements:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + statement["sql"])
            plan = [row[-1] for row in cursor.fetchall()]
        assert not {"SCAN jobs_job", "SCAN job"} & set(plan), plan
