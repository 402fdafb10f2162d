"""Saying a thing once: `extends`, `default`, `inherit`, `!reference`, anchors and merges."""

import pytest

from tests.support.ci_file import job_of, jobs_of, mistake_in, mistakes_in, variables_of

pytestmark = pytest.mark.pure


def test_extends_merges_maps_and_replaces_lists():
    job = job_of(
        """
        .base:
          script: [base]
          tags: [a, b]
          variables: {A: base, B: base}
          artifacts: {paths: [x], reports: {junit: r.xml}}
        job:
          extends: .base
          tags: [c]
          variables: {B: job}
          artifacts: {when: always, reports: {dotenv: d.env}}
        """
    )
    assert (job.script, job.tags) == (("base",), ("c",))
    assert variables_of(job) == {"A": "base", "B": "job"}
    assert job.artifacts == {
        "paths": ["x"],
        "when": "always",
        "reports": {"junit": ["r.xml"], "dotenv": ["d.env"]},
    }


def test_the_last_of_several_bases_wins_and_bases_have_bases():
    job = job_of(
        """
        .zero: {script: zero, tags: [zero]}
        .one: {extends: .zero, script: one}
        .two: {script: two, stage: build}
        job: {extends: [.one, .two]}
        """
    )
    assert (job.script, job.tags, job.stage) == (("two",), ("zero",), "build")


def test_a_keyword_is_taken_away_with_null():
    assert job_of(".a: {script: x, when: manual}\njob: {extends: .a, when: null}").when == "on_success"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("job: {extends: .bsae, script: x}\n.base: {script: x}", "did you mean “.base”"),
        ("a: {extends: b, script: x}\nb: {extends: a, script: x}", "in a circle: "),
        ("a: {extends: a, script: x}", "in a circle: a, a"),
        ("a: {extends: 3, script: x}", "in quotes"),
        (
            "".join(f".b{n}: {{extends: .b{n + 1}}}\n" for n in range(12)) + ".b12: {}\na: {extends: .b0, script: x}",
            "more than 10 levels",
        ),
    ],
)
def test_the_error_says_what_is_wrong_with_extends(text: str, reason: str):
    assert reason in mistakes_in(text)[0]


def test_default_fills_in_what_a_job_does_not_say():
    jobs = jobs_of(
        """
        default: {image: ruby, before_script: [setup], tags: [linux], interruptible: true, retry: 1}
        a: {script: x}
        b: {script: x, image: node, before_script: [], interruptible: false}
        c: {trigger: g/p}
        """
    )
    assert jobs["a"].image == {"name": "ruby"}
    assert jobs["a"].script == ("setup", "x")
    assert jobs["a"].retry == {"max": 1, "when": ["always"], "exit_codes": []}
    assert (jobs["b"].image, jobs["b"].script) == ({"name": "node"}, ("x",))
    assert not jobs["b"].interruptible
    assert (jobs["c"].interruptible, jobs["c"].image, jobs["c"].tags) == (True, None, ())


def test_the_older_form_of_defaults_still_works():
    assert job_of("image: ruby\nbefore_script: [setup]\njob: {script: x}").script == ("setup", "x")


def test_a_default_stands_in_one_place():
    assert "keep it in `default`" in mistake_in("image: a\ndefault: {image: b}\njob: {script: x}")


def test_a_mistake_in_default_is_reported_once():
    message = mistake_in("default:\n  timeout: soon\na: {script: x}\nb: {script: x}")
    assert message.startswith("Line 2, keyword “default:timeout”")


def test_only_some_keywords_can_be_defaults():
    assert "unknown keyword" in mistake_in("default: {script: x}\njob: {script: x}")


@pytest.mark.parametrize(
    ("inherit", "script", "variables"),
    [
        ("{}", ("setup", "x"), {"A": "1", "B": "2"}),
        ("{default: false}", ("x",), {"A": "1", "B": "2"}),
        ("{default: [image]}", ("x",), {"A": "1", "B": "2"}),
        ("{default: [before_script], variables: [B]}", ("setup", "x"), {"B": "2"}),
        ("{variables: false}", ("setup", "x"), {}),
    ],
)
def test_inherit_chooses_defaults_and_variables(inherit: str, script: tuple[str, ...], variables: dict[str, str]):
    text = "default: {before_script: [setup], image: a}\nvariables: {A: 1, B: 2}\n"
    job = job_of(f"{text}job: {{script: x, inherit: {inherit}}}")
    assert (job.script, variables_of(job)) == (script, variables)


def test_references_fetch_parts_of_other_jobs():
    job = job_of(
        """
        .base: {script: [base one, base two]}
        .setup:
          extends: .base
          after_script: [clean]
          variables: {URL: http://x.test, DEEP: {value: d, expand: false}}
        job:
          script:
            - !reference [.setup, script]
            - own
            - !reference [.again, script]
          after_script: !reference [.setup, after_script]
          variables:
            URL: !reference [.setup, variables, URL]
            DEEP: !reference [.setup, variables, DEEP]
        .again: {script: [!reference [.setup, after_script]]}
        """
    )
    assert job.script == ("base one", "base two", "own", "clean")
    assert job.after_script == ("clean",)
    assert job.variables == (
        {"key": "URL", "value": "http://x.test"},
        {"key": "DEEP", "value": "d", "raw": True},
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("job: {script: !reference [.stup, script]}\n.setup: {}", "did you mean “.setup”"),
        ("job: {script: !reference [.setup, scrpt]}\n.setup: {script: x}", "no “scrpt” in [.setup]; did you mean"),
        ("job: {script: !reference [job, script]}", "in a circle"),
        (".a: {s: !reference [.b, s]}\n.b: {s: !reference [.a, s]}\njob: {script: x}", "in a circle"),
        ("job: {script: !reference []}", "needs a list of names"),
        ("job: {script: !reference {a: b}}", "only `!reference [job, keyword]`"),
        (
            "".join(f".b{n}: {{s: !reference [.b{n + 1}, s]}}\n" for n in range(12)) + ".b12: {s: 1}\na: {script: x}",
            "more than 10 levels",
        ),
    ],
)
def test_the_error_says_what_is_wrong_with_a_reference(text: str, reason: str):
    assert reason in mistakes_in(text)[0]


def test_anchors_and_merges_are_yaml_own():
    jobs = jobs_of(
        """
        .tags: &tags {tags: [a]}
        .vars: &vars {A: 1, B: 1}
        one: {<<: *tags, script: &run [x, y], variables: {<<: *vars, B: 2}}
        two: {<<: [*tags, {tags: [b], stage: build}], script: *run}
        """
    )
    assert (jobs["one"].tags, variables_of(jobs["one"])) == (("a",), {"B": "2", "A": "1"})
    assert (jobs["two"].tags, jobs["two"].stage, jobs["two"].script) == (("a",), "build", ("x", "y"))
