"""Every keyword: what it takes, and what it says when it gets something else."""

import json

import pytest

from ci_config.keywords.table import DEFAULT_KEYWORDS, SCRIPT_KEYWORDS, TRIGGER_KEYWORDS
from ci_config.keywords.unsupported import PROVIDERS, UNSUPPORTED_KEYWORDS
from jobs.states import FailureReason
from tests.support.ci_file import compile_text, job_of, mistake_in, mistakes_in, variables_of

pytestmark = pytest.mark.pure
# A value that is right for no keyword.
NONSENSE = ("{bogus: {bogus: [1]}}", "[[{bogus: 1}]]")


@pytest.mark.parametrize("keyword", sorted({*SCRIPT_KEYWORDS, *TRIGGER_KEYWORDS}))
@pytest.mark.parametrize("value", NONSENSE)
def test_every_keyword_names_itself_when_it_is_wrong(keyword: str, value: str):
    own = "" if keyword == "script" else "\n  trigger: g/p" if keyword not in SCRIPT_KEYWORDS else "\n  script: x"
    own = "" if keyword == "trigger" else own
    message = mistakes_in(f"job:\n  {keyword}: {value}{own}\n")[0]
    if (keyword, value) == ("variables", NONSENSE[0]):
        assert message.startswith("Line 2, job “job”, keyword “variables:bogus:bogus”")
    else:
        assert message.startswith(f"Line 2, job “job”, keyword “{keyword}")


@pytest.mark.parametrize("keyword", UNSUPPORTED_KEYWORDS)
@pytest.mark.parametrize("text", ["job:\n  {}: x\n  script: x", "default:\n  {}: x\njob: {{script: x}}"])
def test_a_keyword_without_effect_here_is_refused_with_what_to_do_instead(keyword: str, text: str):
    message = mistake_in(text.format(keyword))
    assert message.startswith("Line 2, ")
    assert keyword in message.partition("”: ")[0]
    assert any(instead in message for instead in ("script", "variable", "id_tokens"))


@pytest.mark.parametrize(("key", "provider"), PROVIDERS.items())
def test_a_secret_is_refused_by_the_name_of_its_provider(key: str, provider: str):
    message = mistake_in(f"job:\n  script: x\n  secrets:\n    PASSWORD:\n      {key}: {{name: x}}\n      file: false")
    assert message.startswith(
        f"Line 5, job “job”, keyword “secrets:PASSWORD:{key}”: “PASSWORD” would come from {provider}"
    )
    assert "masked and hidden variable of the project" in message


def test_a_secret_of_an_unknown_provider_is_refused_with_the_known_ones():
    assert "a secret comes from one of vault, " in mistake_in("job: {script: x, secrets: {A: {safe: b}}}")


def test_unknown_keywords_are_named_with_the_nearest_known_one():
    assert "“scirpts”: unknown keyword; did you mean “script”?" in mistake_in("job: {script: x, scirpts: y}")


def test_a_trigger_runs_nothing_itself():
    assert "does not go with `trigger`" in mistake_in("job: {trigger: g/p, script: x}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("job: 3", "the number 3 should be a map: a job"),
        ("job: [a]", "a list should be a map: a job"),
        ("job:", "nothing should be a map: a job"),
        ("job: {stage: test}", "needs `script`"),
        ("job: {script: null}", "needs `script`"),
        ("job: {script: []}", "no line to run"),
        ("job: {script: ['']}", "no line to run"),
        ("job: {script: {a: b}}", "should be a text or a list"),
        ("job: {script: [echo: hello]}", "must stand in quotes"),
        ("job: {script: [true]}", "put it in quotes"),
        (f"job: {{script: {'[' * 12}x{']' * 12}}}", "deeper than 10 levels"),
        ("'': {script: x}", "name is empty"),
        (f"{'j' * 300}: {{script: x}}", "longer than 255 characters"),
        ('"a\\nb": {script: x}', "line break"),
        ("job 1/2: {script: x}\njob: {script: x, parallel: 2}", "two jobs “job 1/2”"),
        ("types: [a]\njob: {script: x}", "called `stages` now"),
        ("stages: build\njob: {script: x}", "should be a list"),
        ("stages: [1]\njob: {script: x, stage: .pre}", "in quotes"),
        ("stages: [a, b]\njob: {script: x}", "no stage “test”; the stages are: .pre, a, b, .post."),
        ("workflow: {rules: [{when: manual}]}\njob: {script: x}", "always, never"),
        ("workflow: {auto_cancel: {on_new_commit: maybe}}\njob: {script: x}", "conservative"),
        ("default: [a]\njob: {script: x}", "should be a map"),
        ("job: {script: x, when: never}", "should be one of"),
        ("job: {script: x, when: delayed}", "`start_in`"),
        ("job: {script: x, start_in: 1 hour}", "only"),
        ("job: {script: x, when: delayed, start_in: 60}", "seconds in quotes"),
        ("job: {script: x, when: delayed, rules: [{if: $CI}]}", "delayed by them"),
        ("job: {script: x, when: delayed, start_in: 1 hour, rules: [{when: delayed}]}", "delayed by them"),
        ("job: {script: x, timeout: 60}", "seconds in quotes"),
        ("default: {timeout: 60}\njob: {script: x}", "seconds in quotes"),
        ("job: {script: x, tags: linux}", "should be a list"),
        ("default: {tags: linux}\njob: {script: x}", "should be a list"),
        ("job: {script: x, only: main}", "should be a list"),
        ("job: {script: x, except: {refs: main}}", "should be a list"),
        ("job: {script: x, when: delayed, start_in: 2 weeks}", "longer than a week"),
        ("job: {script: x, retry: 3}", "from 0 to 2"),
        ("job: {script: x, retry: {max: 1, when: [bad_luck]}}", "should be one of"),
        ("job: {script: x, allow_failure: {exit_codes: [-1]}}", "whole number"),
        ("job: {script: x, coverage: 50}", "in quotes"),
        ("job: {script: x, coverage: '/(/'}", "not valid"),
        ("job: {script: x, coverage: percent}", "between slashes"),
        ("job: {script: x, artifacts: {paths: [a], public: true, access: none}}", "exclude each other"),
        ("job: {script: x, artifacts: {expose_as: a}}", "without `paths`"),
        ("job: {script: x, artifacts: {expose_as: a, paths: [b, c/*]}}", "no `*` beside `expose_as`"),
        ("job: {script: x, artifacts: {expose_as: a/b, paths: [c]}}", "letters, digits, spaces"),
        (f"job: {{script: x, artifacts: {{expose_as: {'a' * 101}, paths: [c]}}}}", "100 characters"),
        ("job: {script: x, artifacts: {exclude: a}}", "should be a list"),
        ("job: {script: x, artifacts: {expire_in: 60}}", "seconds in quotes"),
        ("job: {script: x, cache: {paths: a}}", "should be a list"),
        ("job: {script: x, cache: {key: a%2Fb}}", "slash"),
        ("job: {script: x, image: {name: a, entrypoint: /bin/sh}}", "should be a list"),
        ("job: {script: x, services: [{name: a, entrypoint: /bin/sh}]}", "should be a list"),
        ("job: {script: x, artifacts: {expire_in: soon}}", "or “never”"),
        ("job: {script: x, artifacts: {reports: {juint: a}}}", "did you mean “junit”"),
        ("job: {script: x, artifacts: {reports: {coverage_report: {path: a}}}}", "coverage_format is missing"),
        ("job: {script: x, artifacts: {when: never}}", "on_success, on_failure, always"),
        ("job: {script: x, cache: {key: a/b}}", "slash"),
        ("job: {script: x, cache: {key: {prefix: a}}}", "files is missing"),
        ("job: {script: x, cache: {key: {files: [a], files_commits: [b]}}}", "exclude each other"),
        ("include: {remote: 'https://a.b/c.yml', cache: 30 seconds}\njob: {script: x}", "at least a minute"),
        ("job: {script: x, cache: {policy: hoard}}", "pull-push"),
        ("job: {script: x, cache: [{}, {}, {}, {}, {}]}", "5 entries; 4 are allowed"),
        ("job: {script: x, image: {entrypoint: [a]}}", "name is missing"),
        ("job: {script: x, services: postgres}", "should be a list"),
        ("job: {script: x, environment: 'a!b'}", "may hold only"),
        ("job: {script: x, environment: /a}", "begin and end with something else"),
        ("job: {script: x, environment: $A/}", "begin and end with something else"),
        ("job: {script: x, environment: {url: 'https://x.test'}}", "name is missing"),
        ("job: {script: x, environment: {name: a, url: 'data:text/html,x'}}", "an address of the web"),
        ("job: {script: x, environment: {name: a, url: [x]}}", "should be a text"),
        ("job: {script: x, environment: {name: a, auto_stop_in: 60}}", "seconds in quotes"),
        ("job: {script: x, environment: {name: a, url: 'javascript:$A'}}", "an address of the web"),
        ("job: {script: x, environment: {name: a, action: begin}}", "start, prepare, stop, verify, access"),
        ("job: {script: x, environment: {name: a, deployment_tier: best}}", "production, staging, testing"),
        ("job: {script: x, environment: {name: a, action: verify, auto_stop_in: 1 day}}", "`action: access` only"),
        ("job: {script: x, environment: {name: a, action: prepare, on_stop: b}}", "with `action: start` only"),
        ("job: {script: x, environment: {name: a, kubernetes: b}}", "should be a map"),
        ("job: {script: x, publish: a}", "goes with `pages: true`"),
        ("pages: {script: x, pages: false, publish: a}", "goes with `pages: true`"),
        ("job: {script: x, publish: a, pages: {publish: b}}", "names another folder"),
        ("job: {script: x, pages: {folder: a}}", "unknown keyword; known here: expire_in, path_prefix, publish"),
        ("job: {script: x, pages: {expire_in: soon}}", "or “never”"),
        ("job: {script: x, release: {tag_name: a}}", "description is missing"),
        ("job: {script: x, release: {description: a}}", "tag_name is missing"),
        ("job: {script: x, release: {tag_name: a, description: b, released_at: soon}}", "a date and time, such as"),
        ("job: {script: x, release: {tag_name: a, description: b, assets: {}}}", "links is missing"),
        ("job: {script: x, release: {tag_name: a, description: b, assets: {links: [{name: c}]}}}", "url is missing"),
        ("job: {trigger: g/p, release: {tag_name: a, description: b}}", "does not go with `trigger`"),
        ("job: {script: x, hooks: {post_get_sources_script: x}}", "did you mean “pre_get_sources_script”"),
        ("job: {script: x, manual_confirmation: 1}", "put it in quotes"),
        ("job: {script: x, environment: {name: a, auto_stop_in: soon}}", "“never”"),
        ("job: {trigger: a, when: delayed}", "should be one of: on_success, on_failure, always, manual"),
        ("job: {trigger: a, start_in: 1 hour}", "does not go with `trigger`"),
        ("job: {trigger: {branch: a}}", "name either the `project`"),
        ("job: {trigger: {project: a, include: b.yml}}", "name either the `project`"),
        ("job: {trigger: {include: b.yml, branch: a}}", "goes with `project`"),
        ("job: {trigger: {include: [{artifact: a.yml}]}}", "`artifact` goes with `job`"),
        ("job: {trigger: {include: [{local: a.yml, rules: [{if: $A}]}]}}", "has all its files"),
        ("job: {trigger: {include: a.yml, inputs: {a: 1}}}", "stand in the entry of `include`"),
        ("job: {trigger: {include: []}}", "the list is empty"),
        ("job: {trigger: {project: a, strategy: wait}}", "mirror"),
        ("job: {trigger: null, stage: test}", "needs `script`"),
    ],
)
def test_the_error_says_what_is_wrong_with_a_keyword(text: str, reason: str):
    assert reason in mistake_in(text)


def test_variables_are_texts_in_the_end():
    job = job_of("job: {script: x, variables: {A: 1, B: 1.50, C: true, D: text, E: , F: {value: $A, expand: false}}}")
    assert variables_of(job) == {"A": "1", "B": "1.5", "C": "true", "D": "text", "E": "", "F": "$A"}
    assert [variable["key"] for variable in job.variables if variable.get("raw")] == ["F"]


def test_variables_of_the_file_reach_jobs_without_their_descriptions():
    result = compile_text(
        """
        variables:
          WHERE: {value: staging, options: [staging, production], description: Where to ship}
        job: {script: x}
        """
    )
    assert result.jobs[0].variables == ({"key": "WHERE", "value": "staging"},)
    assert result.variables == (
        {"key": "WHERE", "value": "staging", "options": ["staging", "production"], "description": "Where to ship"},
    )


def test_workflow_rules_set_variables_below_those_of_jobs():
    jobs = compile_text(
        """
        workflow: {rules: [{when: always, variables: {A: workflow, B: workflow}}]}
        variables: {A: file, B: file, C: file}
        job: {script: x, variables: {B: job}}
        """
    ).jobs
    assert variables_of(jobs[0]) == {"A": "workflow", "B": "job", "C": "file"}


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ("[A]", "should be a map"),
        ("{A: [1]}", "a list should be a text, a number"),
        ("{'': 1}", "name is empty"),
        ("{A: {value: {}}}", "should be a text, a number"),
        ("{A: {vlaue: 1}}", "did you mean “value”"),
        ("{A: {value: a, expand: 1}}", "true or false"),
        ("{A: {value: c, options: [a, b]}}", "not in `options`"),
        ("{1: a}", "cannot be a name"),
    ],
)
def test_the_error_says_what_is_wrong_with_variables(variables: str, reason: str):
    assert reason in mistake_in(f"variables: {variables}\njob: {{script: x}}")


def test_a_trigger_names_a_project_or_a_child():
    other = job_of("job: {trigger: {project: g/p, branch: main, strategy: depend}, variables: {A: 1}}")
    assert other.trigger == {
        "project": "g/p",
        "branch": "main",
        "strategy": "depend",
        "forward": {"yaml_variables": True, "pipeline_variables": False},
    }
    assert (other.script, variables_of(other)) == ((), {"A": "1"})
    child = job_of("job: {trigger: {include: [a.yml, {project: g/p, file: b.yml, ref: main}]}}")
    assert child.trigger is not None
    assert child.trigger["include"] == [{"local": "a.yml"}, {"project": "g/p", "file": ["b.yml"], "ref": "main"}]


def test_a_child_pipeline_is_compiled_from_what_its_trigger_includes():
    child = job_of("job: {trigger: {include: [{local: child.yml}]}}").trigger
    assert child is not None
    assert job_of(json.dumps({"include": child["include"]}), read_local={"child.yml": "a: {script: x}"}.get).name == "a"


def test_caches_are_whole_and_keyed_by_what_files_hold():
    text = "job: {script: x, cache: {key: {files: [lock], prefix: ruby}, paths: [vendor]}}"
    (one,) = job_of(text, read_local={"lock": "1"}.get).cache
    (two,) = job_of(text, read_local={"lock": "2"}.get).cache
    (none,) = job_of(text).cache
    assert one["key"].startswith("ruby-")
    assert one["key"] != two["key"]
    assert none == {
        "key": "ruby-default",
        "untracked": False,
        "policy": "pull-push",
        "paths": ["vendor"],
        "when": "on_success",
        "fallback_keys": [],
    }


def test_an_empty_cache_is_none():
    assert job_of("default: {cache: {paths: [a]}}\njob: {script: x, cache: []}").cache == ()


def test_a_bridge_has_no_exit_code_to_allow():
    assert "“allow_failure”: a map should be true" in mistake_in("job: {trigger: g/p, allow_failure: {exit_codes: 3}}")
    assert job_of("job: {trigger: g/p, allow_failure: true}").allow_failure


@pytest.mark.parametrize(
    ("include", "reason"),
    [
        ("../a.yml", "without `..`"),
        ("a.txt", "should end in .yml or .yaml"),
        ("[{local: a.txt}]", "“trigger:include:local”: “a.txt” should end in"),
        ("[{project: g/p, file: a.txt}]", "“trigger:include:file”: “a.txt” should end in"),
        ("[{local: a.yml, ref: main}]", "`ref` does not go with `local`"),
        ("[{project: g/p}]", "goes with `file`"),
    ],
)
def test_the_file_of_a_child_is_judged_with_its_parent(include: str, reason: str):
    assert reason in mistakes_in(f"job: {{trigger: {{include: {include}}}}}")[0]


def test_the_file_of_a_child_may_be_named_by_a_variable():
    trigger = job_of("job: {trigger: {include: $FILE}}").trigger
    assert trigger is not None
    assert trigger["include"] == [{"local": "$FILE"}]


def test_a_job_inherits_only_defaults_there_can_be():
    assert "“imagee” should be one of" in mistake_in("job: {script: x, inherit: {default: [imagee]}}")
    assert job_of("default: {image: a, tags: [b]}\njob: {script: x, inherit: {default: [tags]}}").image is None


def test_every_reason_a_job_fails_for_may_be_one_to_try_again():
    for reason in {*FailureReason.values} - {FailureReason.ENVIRONMENT}:  # another try would come to the same name
        retry = job_of(f"job: {{script: x, retry: {{max: 1, when: {reason}}}}}").retry
        assert retry is not None
        assert retry["when"] == [reason]


def test_defaults_are_keywords_of_jobs():
    assert set(DEFAULT_KEYWORDS) < set(SCRIPT_KEYWORDS)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("x", "keyword “id_tokens”: “x” should be a map"),
        ("{T: x}", "keyword “id_tokens:T”: “x” should be a map"),
        ("{T: {}}", "keyword “id_tokens:T”: aud is missing"),
        ("{T: {aud: }}", "keyword “id_tokens:T”: aud is missing"),
        ("{T: {aud: []}}", "keyword “id_tokens:T:aud”: the list is empty"),
        ("{T: {aud: ''}}", "keyword “id_tokens:T:aud”"),
        ("{T: {aud: 1}}", "keyword “id_tokens:T:aud”: the number 1 should be a text; put it in quotes"),
        ("{T: {aud: [a, {b: c}]}}", "keyword “id_tokens:T:aud”: a map should be a text"),
        ("{T: {aud: a, sub: b}}", "keyword “id_tokens:T:sub”: unknown keyword"),
        ("{1T: {aud: a}}", "is no name of a variable"),
        (f"{{T: {{aud: {['a'] * 21}}}}}", "the list has 21 entries; 20 are allowed"),
        (f"{{{', '.join(f'T{n}: {{aud: a}}' for n in range(21))}}}", "there are 21 tokens; 20 are allowed"),
    ],
)
def test_id_tokens_that_are_wrong_are_named_with_line_and_keyword(value: str, reason: str):
    message = mistake_in(f"job:\n  script: x\n  id_tokens: {value}\n")
    assert message.startswith("Line 3, job “job”, ")
    assert reason in message


def test_a_bridge_has_no_id_tokens():
    assert "does not go with `trigger`" in mistake_in("job: {trigger: g/p, id_tokens: {T: {aud: x}}}")


def test_id_tokens_may_be_defaults_and_extended():
    text = "default: {id_tokens: {A: {aud: [x, y]}}}\n.b: {id_tokens: {B: {aud: $HOST}}}\n"
    assert job_of(text + "job: {script: x}").id_tokens == {"A": {"aud": ["x", "y"]}}
    assert job_of(text + "job: {script: x, extends: .b}").id_tokens == {"B": {"aud": "$HOST"}}
