"""The compiler as its callers meet it: order, stages, scripts, and what becomes of a pipeline without jobs."""

import json

import pytest

import ci_config
from tests.support.ci_file import compile_text, job_of, jobs_of, mistake_in, mistakes_in

pytestmark = pytest.mark.pure


def test_stages_are_compiled_in_their_order():
    result = compile_text(
        """
        ship: {stage: deploy, script: ./ship}
        make: {stage: build, script: [make, make check]}
        """
    )
    assert [(job.name, job.stage, job.script) for job in result.jobs] == [
        ("make", "build", ("make", "make check")),
        ("ship", "deploy", ("./ship",)),
    ]
    assert result.stages == ("build", "deploy")


def test_pre_comes_first_and_post_last():
    result = compile_text(
        """
        stages: [one, two]
        last: {stage: .post, script: x}
        two: {stage: two, script: x}
        first: {stage: .pre, script: x}
        """
    )
    assert [job.name for job in result.jobs] == ["first", "two", "last"]


def test_a_job_without_a_stage_is_a_test():
    assert job_of("job: {script: x}").stage == "test"


def test_before_script_and_script_become_one_script():
    job = job_of("job: {before_script: [a], script: [b, [c, [d]]], after_script: e}")
    assert (job.script, job.after_script) == (("a", "b", "c", "d"), ("e",))


def test_hidden_jobs_are_templates_only():
    assert list(jobs_of(".hidden: {bogus: 1}\njob: {script: x}")) == ["job"]


def test_every_job_can_be_stored_as_json():
    job = job_of("job: {script: x, cache: {paths: [a]}, image: ruby, artifacts: {paths: [b]}, needs: []}")
    assert json.loads(json.dumps(job.as_dict()))["image"] == {"name": "ruby"}


def test_a_pipeline_that_no_job_wants_is_empty_and_says_why():
    result = compile_text("job: {script: x, rules: [{if: $MISSING}]}")
    assert result.jobs == ()
    assert "leave no job" in result.empty_because


def test_a_pipeline_of_pre_and_post_alone_is_empty():
    assert compile_text("job: {script: x, stage: .pre}").jobs == ()


def test_workflow_rules_can_keep_the_pipeline_from_being_made():
    text = "workflow: {rules: [{if: $CI_COMMIT_TAG, when: never}, {when: always}]}\njob: {script: x}"
    assert compile_text(text).jobs
    result = compile_text(text, variables={"CI_COMMIT_TAG": "v1"})
    assert result.jobs == ()
    assert "workflow" in result.empty_because


def test_a_workflow_without_a_matching_rule_makes_no_pipeline():
    assert compile_text("workflow: {rules: [{if: $MISSING}]}\njob: {script: x}").jobs == ()


def test_the_workflow_names_the_pipeline_and_says_what_cancels_it():
    result = compile_text(
        """
        workflow:
          name: Ship $WHAT
          auto_cancel: {on_new_commit: interruptible}
          rules: [{when: always, variables: {WHAT: it}, auto_cancel: {on_new_commit: none}}]
        job: {script: x}
        """
    )
    assert (result.name, result.auto_cancel) == ("Ship it", {"on_new_commit": "none"})


def test_everything_that_a_runner_is_handed_is_read():
    job = job_of(
        """
        job:
          script: x
          tags: [linux, linux, big]
          image: {name: ruby, entrypoint: [""], pull_policy: always, docker: {user: dave}}
          services: [postgres, {name: redis, alias: cache, variables: {A: 1}}]
          timeout: 1h 30m
          retry: {max: 2, when: [script_failure], exit_codes: 3}
          interruptible: true
          resource_group: production
          coverage: /(\\d+)%/
          environment: {name: review/$CI_COMMIT_REF_SLUG, url: https://x.test, auto_stop_in: 1 week}
        """
    )
    assert job.tags == ("linux", "big")
    assert job.image == {
        "name": "ruby",
        "entrypoint": [""],
        "pull_policy": ["always"],
        "executor_opts": {"docker": {"user": "dave"}},
    }
    assert job.services[1] == {"name": "redis", "alias": "cache", "variables": [{"key": "A", "value": "1"}]}
    assert (job.timeout, job.interruptible, job.resource_group) == (5_400, True, "production")
    assert job.retry == {"max": 2, "when": ["script_failure"], "exit_codes": [3]}
    assert job.coverage == r"(\d+)%"
    assert job.environment == {
        "name": "review/$CI_COMMIT_REF_SLUG",
        "action": "start",
        "url": "https://x.test",
        "auto_stop_in": "1 week",
    }


def test_delayed_jobs_start_after_seconds():
    job = job_of("job: {script: x, when: delayed, start_in: 30 minutes}")
    assert (job.when, job.start_in) == ("delayed", 1_800)


@pytest.mark.parametrize(
    ("keywords", "allowed", "codes"),
    [
        ("when: manual", True, ()),
        ("when: manual, allow_failure: false", False, ()),
        ("allow_failure: true", True, ()),
        ("allow_failure: {exit_codes: [137, 255]}", False, (137, 255)),
        ("rules: [{when: manual}]", False, ()),
        ("rules: [{when: manual, allow_failure: true}]", True, ()),
        ("when: manual, rules: [{if: '\"a\"'}]", True, ()),
    ],
)
def test_allow_failure_says_which_job_may_fail(keywords: str, allowed: bool, codes: tuple[int, ...]):
    job = job_of(f"job: {{script: x, {keywords}}}")
    assert (job.allow_failure, job.allow_failure_exit_codes) == (allowed, codes)


def test_a_file_has_a_job():
    assert "has no job" in mistake_in("stages: [a]")


def test_messages_of_many_jobs_come_together():
    assert mistakes_in("a: {script: x, stage: tset}\nb: {script: [1]}") == [
        "Line 2, job “b”, keyword “script”: the number 1 should be a text; put it in quotes.",
        "Line 1, job “a”, keyword “stage”: there is no stage “tset”; did you mean “test”?",
    ]


def test_messages_keep_the_case_of_names():
    message = mistake_in("Ship It: {script: x, variables: {GREAT_VALUE: []}}")
    assert message.startswith("Line 1, job “Ship It”, keyword “variables:GREAT_VALUE”: ")


def test_an_error_reads_as_its_messages():
    with pytest.raises(ci_config.ConfigError, match="Line 1, job “a”"):
        ci_config.compile("a: {}")
