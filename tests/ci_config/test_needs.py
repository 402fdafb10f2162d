"""Which job waits for which, and whose artifacts it takes."""

import pytest

from ci_config import Need
from tests.support.ci_file import job_of, jobs_of, mistake_in, mistakes_in

pytestmark = pytest.mark.pure


def test_without_needs_a_job_waits_for_the_stages_before():
    assert job_of("job: {script: x}").needs is None


def test_empty_needs_start_a_job_at_once():
    assert job_of("job: {script: x, needs: []}").needs == ()


def test_needs_say_whether_they_take_artifacts():
    jobs = jobs_of(
        """
        a: {stage: build, script: x}
        b: {stage: build, script: x}
        job: {script: x, needs: [a, {job: b, artifacts: false}, {job: gone, optional: true}]}
        """
    )
    assert jobs["job"].needs == (Need("a"), Need("b", artifacts=False), Need("gone", optional=True))


def test_a_job_may_need_one_of_its_own_stage():
    assert jobs_of("a: {script: x}\nb: {script: x, needs: [a]}")["b"].needs == (Need("a"),)


def test_needs_of_a_parallel_job_are_all_or_the_named_ones():
    jobs = jobs_of(
        """
        count: {stage: build, script: x, parallel: 2}
        grid: {stage: build, script: x, parallel: {matrix: [{A: [1, 2], B: [x, y]}]}}
        every: {script: x, needs: [count]}
        one: {script: x, needs: [count 2/2]}
        some: {script: x, needs: [{job: grid, parallel: {matrix: [{A: 2, B: [x, y]}]}}]}
        takes: {script: x, dependencies: [count]}
        """
    )
    assert jobs["every"].needs == (Need("count 1/2"), Need("count 2/2"))
    assert jobs["one"].needs == (Need("count 2/2"),)
    assert jobs["some"].needs == (Need("grid: [2, x]"), Need("grid: [2, y]"))
    assert jobs["takes"].dependencies == ("count 1/2", "count 2/2")


def test_an_optional_need_may_be_left_out_by_its_rules():
    text = "a: {stage: build, script: x, rules: [{if: $A}]}\njob: {script: x, needs: [{job: a, optional: true}]}"
    assert list(jobs_of(text)) == ["job"]
    assert jobs_of(text)["job"].needs == jobs_of(text, variables={"A": "1"})["job"].needs == (Need("a", optional=True),)


def test_a_need_that_the_rules_leave_out_is_a_mistake():
    message = mistake_in("a: {stage: build, script: x, rules: [{if: $A}]}\n\njob: {script: x, needs: [a]}")
    assert message.startswith("Line 3, job “job”, keyword “needs”: “a” is not in this pipeline")
    assert "`optional: true`" in message


def test_dependencies_left_out_by_rules_are_not_missed():
    text = "a: {stage: build, script: x, rules: [{if: $A}]}\njob: {script: x, dependencies: [a]}"
    assert jobs_of(text)["job"].dependencies == ()


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        ("needs: [biuld]", "no job “biuld”; did you mean “build”?"),
        ("needs: [.hidden]", "no job “.hidden”"),
        ("needs: [job]", "cannot need itself"),
        ("needs: [ship]", "later stage “deploy”"),
        ("needs: build", "should be a list"),
        ("needs: [{artifacts: false}]", "job is missing"),
        ("needs: [{job: build, parallel: {matrix: [{A: 1}]}}]", "no job “build: [1]” in the matrix"),
        (f"needs: [{'build, ' * 51}]", "51 entries; 50 are allowed"),
        ("rules: [{when: always, needs: [biuld]}]", "did you mean “build”"),
        ("dependencies: [biuld]", "did you mean “build”"),
        ("dependencies: [ship]", "not run in an earlier stage"),
        ("needs: [build, build]", "“build” stands here twice"),
        ("needs: [build, {job: build, artifacts: false}]", "“build” stands here twice"),
        ("needs: [many, {job: many, parallel: {matrix: [{A: a}]}}]", "“many” stands here twice"),
        ("needs: [{job: many, parallel: {matrix: [{A: [a, b]}]}}, {job: many, parallel: {matrix: [{A: b}]}}]", "twice"),
        ("rules: [{when: always, needs: [build, build]}]", "“build” stands here twice"),
        ("needs: [near], dependencies: [build]", "build should also stand in `needs`"),
    ],
)
def test_the_error_says_what_is_wrong_with_needs(job: str, reason: str):
    text = f"""
        .hidden: {{script: x}}
        build: {{stage: build, script: x}}
        near: {{script: x}}
        many: {{stage: build, script: x, parallel: {{matrix: [{{A: [a, b]}}]}}}}
        ship: {{stage: deploy, script: x}}
        job: {{script: x, {job}}}
    """
    assert reason in mistakes_in(text)[0]


def test_parts_of_a_parallel_job_may_be_needed_one_by_one():
    text = """
        many: {stage: build, script: x, parallel: {matrix: [{A: [a, b]}]}}
        job:
          script: x
          needs:
            - {job: many, parallel: {matrix: [{A: a}]}}
            - {job: many, parallel: {matrix: [{A: b}]}, artifacts: false}
    """
    assert jobs_of(text)["job"].needs == (Need("many: [a]"), Need("many: [b]", artifacts=False))


def test_needs_of_lists_in_lists_lose_their_empty_entries():
    text = "a: {stage: build, script: x}\njob: {script: x, needs: [[null, [a]], null]}"
    assert jobs_of(text)["job"].needs == (Need("a"),)


def test_jobs_may_not_need_each_other_in_a_circle():
    text = (
        "a: {script: x, needs: [b]}\nb: {script: x, needs: [c]}\nc: {script: x, needs: [a]}\nd: {script: x, needs: [a]}"
    )
    assert mistake_in(text).endswith("in a circle: a, b, c, a.")


def test_jobs_may_not_need_each_other_in_a_circle_that_their_rules_close():
    text = "a: {script: x, needs: [b]}\nb: {script: x, rules: [{if: $A, needs: [a]}, {when: always}]}"
    assert jobs_of(text)
    assert "in a circle" in mistake_in(text, variables={"A": "1"})


def test_a_stop_job_may_share_the_environment_by_extends():
    text = """
        .review: {script: x, environment: {name: review, on_stop: halt, auto_stop_in: 1 day, url: "$URL"}}
        go: {extends: .review}
        halt: {extends: .review, environment: {action: stop}}
    """
    jobs = jobs_of(text)
    assert jobs["go"].environment == {
        "action": "start", "name": "review", "on_stop": "halt", "auto_stop_in": "1 day", "url": "$URL",
    }  # fmt: skip
    assert jobs["halt"].environment == {"action": "stop", "name": "review", "url": "$URL"}


def test_a_stop_job_belongs_to_the_same_environment():
    text = """
        go: {{script: x, environment: {{name: review, on_stop: {name}}}}}
        halt: {{script: x, environment: {{name: {environment}, action: stop}}}}
    """
    assert jobs_of(text.format(name="halt", environment="review"))
    assert "same environment" in mistake_in(text.format(name="halt", environment="other"))
    assert "did you mean “halt”" in mistake_in(text.format(name="hlat", environment="review"))
    assert "names another job" in mistakes_in(text.format(name="go", environment="review"))[0]


def test_artifacts_of_other_projects_and_pipelines_are_not_waited_for():
    jobs = jobs_of(
        """
        build: {stage: build, script: x}
        far: {script: x, needs: {project: g/$P, ref: main, job: "test: [a, b]"}}
        job:
          script: x
          needs:
            - build
            - {project: g/p, ref: $R, job: a, artifacts: true}
            - {project: g/p, ref: main, job: unwanted, artifacts: false}
            - {pipeline: $PARENT_PIPELINE_ID, job: b}
        """
    )
    assert jobs["far"].needs == ()
    assert jobs["far"].needs_elsewhere == ({"project": "g/$P", "ref": "main", "job": "test: [a, b]"},)
    assert jobs["job"].needs == (Need("build"),)
    assert jobs["job"].needs_elsewhere == (
        {"project": "g/p", "ref": "$R", "job": "a"},
        {"pipeline": "$PARENT_PIPELINE_ID", "job": "b"},
    )
    assert jobs["build"].needs_elsewhere == ()


@pytest.mark.parametrize(
    ("needs", "reason"),
    [
        ("[{project: g/p, job: a}]", "“needs”: ref is missing"),
        ("[{project: g/p, ref: main}]", "“needs”: job is missing"),
        ("[{ref: main, job: a}]", "“needs”: project is missing"),
        ("[{pipeline: 1, job: a}]", "“needs:pipeline”: the number 1 should be a text; put it in quotes"),
        ("[{pipeline: $P, project: g/p, job: a}]", "“needs:project”: unknown keyword"),
        ("[{project: g/p, ref: main, job: a, optional: true}]", "“needs:optional”: unknown keyword"),
        ("[{project: g/p, ref: main, job: a, parallel: {matrix: []}}]", "name the one instance that is meant"),
        ("{pipeline: g/p}", "“needs:pipeline”: without `job` the status of another project's pipeline is taken over"),
        ("[{pipeline: g/p}, {pipeline: $P, job: a}]", "“needs:pipeline”: without `job`"),
        (f"[{'{project: g/p, ref: main, job: a}, ' * 6}]", "6 entries have a `project`; 5 may"),
        (f"[{'{pipeline: $P, job: a}, ' * 6}]", "6 entries have a `pipeline`; 5 may"),
    ],
)
def test_the_error_says_what_is_wrong_with_needs_of_elsewhere(needs: str, reason: str):
    message = mistake_in(f"job:\n  script: x\n  needs: {needs}")
    assert message.startswith("Line 3, job “job”, keyword ")
    assert reason in message


@pytest.mark.parametrize("need", ["{project: g/p, ref: main, job: a}", "{pipeline: $P, job: a}"])
def test_triggers_and_rules_take_no_artifacts_from_elsewhere(need: str):
    assert "a job with `trigger` downloads nothing" in mistake_in(f"job: {{trigger: g/p, needs: [{need}]}}")
    rule = f"job: {{script: x, rules: [{{when: always, needs: [{need}]}}]}}"
    assert "keyword “rules:needs”: `needs` of a rule only says what to wait for" in mistake_in(rule)


@pytest.mark.parametrize("needs", ["{pipeline: g/p}", "[{pipeline: g/p}]"])
def test_a_job_that_runs_nothing_may_take_over_the_status_of_another_projects_pipeline(needs: str):
    job = job_of(f"default: {{image: a, tags: [b]}}\njob: {{stage: deploy, needs: {needs}, allow_failure: true}}")
    assert (job.trigger, job.script, job.needs) == ({"upstream": "g/p"}, (), None)
    assert (job.image, job.tags, job.allow_failure) == (None, (), True)
    message = mistake_in(f"job: {{needs: {needs}, image: a}}")
    assert "“image”: this keyword does not go with `needs: pipeline` without `job`" in message
