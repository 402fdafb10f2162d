"""`spec: inputs`, the values that a file gets, and `$[[ … ]]` where they are used."""

from __future__ import annotations

import time
from typing import Any

import pytest

import ci_config
from ci_config.inputs.blocks import find_blocks
from tests.support.ci_file import compile_text, job_of, jobs_of, mistake_in, mistakes_in, variables_of, warnings_in

pytestmark = pytest.mark.pure


def header(*inputs: str, body: str = "job: {script: '$[[ inputs.x ]]'}") -> str:
    return "spec:\n  inputs:\n" + "".join(f"    {line}\n" for line in inputs) + f"---\n{body}\n"


def sources_with_include(spec: str, given: str = "{}") -> dict[str, Any]:
    """A file that includes another, whose text is `spec`, with the inputs `given`."""
    return {
        "text": f"include: {{local: a.yml, inputs: {given}}}\n",
        "read_local": {"a.yml": spec}.get,
    }


def test_a_value_takes_the_place_of_the_block():
    text = """
        spec:
          inputs:
            stage: {default: test}
            name:
            count: {type: number, default: 2}
            lax: {type: boolean, default: false}
            needed: {type: array, default: [first]}
        ---
        first: {script: x}
        "$[[ inputs.name ]]-$[[ inputs.count ]]":
          stage: $[[ inputs.stage ]]
          parallel: $[[ inputs.count ]]
          allow_failure: $[[ inputs.lax ]]
          needs: $[[ inputs.needed ]]
          script: ['echo $[[inputs.name]] $[[ inputs.lax ]] $[[ inputs.needed ]]']
        """
    jobs = jobs_of(text, inputs={"name": "scan", "lax": True})
    assert set(jobs) == {"first", "scan-2 1/2", "scan-2 2/2"}
    job = jobs["scan-2 1/2"]
    assert (job.stage, job.allow_failure, job.needs) == ("test", True, (ci_config.Need("first"),))
    assert job.script == ('echo scan true ["first"]',)


def test_a_value_is_never_read_as_yaml():
    """What somebody gives stays one text, whatever it holds."""
    value = "x\n  after_script: [evil] # }, {"
    body = "job: {script: '$[[ inputs.x ]]', variables: {A: 'a $[[ inputs.x ]]'}}"
    job = job_of(header("x:", body=body), inputs={"x": value})
    assert (job.script, job.after_script) == ((value,), ())
    assert variables_of(job) == {"A": f"a {value}"}


@pytest.mark.parametrize(
    "value", ["12", "true", "null", "2020-01-01", "[a]", "!reference [a, b]", "*a", "$[[ inputs.y ]]"]
)
def test_a_text_stays_a_text(value: str):
    assert job_of(header("x:", "y: {default: z}"), inputs={"x": value}).script == (value,)


def test_an_included_file_gets_what_the_entry_gives():
    spec = header("x:", "y: {type: number, default: 1}", body="a: {script: '$[[ inputs.x ]] $[[ inputs.y ]]'}")
    assert job_of(**sources_with_include(spec, "{x: one}")).script == ("one 1",)
    assert job_of(**sources_with_include(spec, "{x: one, y: 2}")).script == ("one 2",)


def test_a_file_may_be_included_several_times_with_other_values():
    files = {"a.yml": header("x:", body="'$[[ inputs.x ]]': {script: x}")}
    text = "include: [{local: a.yml, inputs: {x: one}}, {local: a.yml, inputs: {x: two}}]"
    assert set(jobs_of(text, read_local=files.get)) == {"one", "two"}


def test_inputs_are_known_in_their_own_file_only():
    files = {"a.yml": header("x:", body="include: {local: b.yml, inputs: {z: '$[[ inputs.x ]]!'}}"),
             "b.yml": header("z:", body="job: {script: '$[[ inputs.z ]]'}")}  # fmt: skip
    assert job_of("include: {local: a.yml, inputs: {x: one}}", read_local=files.get).script == ("one!",)
    files["b.yml"] = header("z:", body="job: {script: '$[[ inputs.x ]]'}")
    message = mistake_in("include: {local: a.yml, inputs: {x: one}}", read_local=files.get)
    assert message.startswith("b.yml, line 5, keyword “$[[ inputs.x ]]”: there is no “x” in “inputs.x”")


@pytest.mark.parametrize(
    ("spec", "given", "reason"),
    [
        ("x:", "{}", "Line 1, keyword “include:inputs”: the input “x” has no default"),
        ("x:", "{y: 1}", "Line 1, keyword “include:inputs:y”: “a.yml” has no input of this name; it has: x."),
        ("stage:", "{stag: 1}", "did you mean “stage”?"),
        ("x:", "{x: 1}", "the number 1 should be a text; put it in quotes"),
        ("x: {type: number}", "{x: '1'}", "“1” should be a number"),
        ("x: {type: number}", "{x: true}", "true should be a number"),
        ("x: {type: boolean}", "{x: 'true'}", "“true” should be true or false"),
        ("x: {type: array}", "{x: a}", "“a” should be a list"),
        ("x: {options: [a, b]}", "{x: c}", "“c” should be one of: a, b."),
        ("x: {type: number, options: [1, 2]}", "{x: 3}", "the number 3 should be one of: 1, 2."),
        ("x: {regex: '^v\\d'}", "{x: w1}", "“w1” should match the regular expression “^v\\d”"),
    ],
)
def test_values_are_checked_where_they_are_given(spec: str, given: str, reason: str):
    assert any(reason in message for message in mistakes_in(**sources_with_include(header(spec), given)))


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (
            "x: {type: text}",
            "Line 3, keyword “spec:inputs:x:type”: “text” should be one of: string, number, boolean, array",
        ),
        ("x: {default: 1}", "keyword “spec:inputs:x:default”: the number 1 should be a text"),
        ("x: {type: number, default: a}", "“a” should be a number"),
        ("x: {default: c, options: [a, b]}", "“c” should be one of: a, b"),
        ("x: {default: w, regex: ^v}", "“w” should match"),
        ("x: {type: number, regex: ^v}", "only an input of type string can have one"),
        ("x: {regex: '('}", "the regular expression is not valid"),
        ("x: {type: boolean, options: [true]}", "only inputs of type string and number"),
        ("x: {options: [a, null]}", "nothing should be a text or a number"),
        ("x: {bogus: 1}", "unknown keyword"),
        (f"x: {{options: [{'a, ' * 51}]}}", "50 are allowed"),
        ("x: 3", "should be a map"),
        ("x: {type: array, default: [!reference [a, b]]}", "cannot stand in the value of an input"),
        ("x: {rules: [{if: '$[[ inputs.y ]] == \"a\"', default: a}]}", "there is no input “y”"),
        ("x: {rules: [{if: '$CI', default: a}]}", "“$CI” is no input"),
        ("x: {default: a, rules: [{default: b}]}", "stands in the `rules`"),
        ("x: {rules: [{if: '$[[ inputs.x ]] == \"a\"', default: a}]}", "in a circle"),
    ],
)
def test_the_error_says_what_is_wrong_with_a_header(spec: str, reason: str):
    assert reason in mistakes_in(header(spec), inputs={"x": "a"})[0]


@pytest.mark.parametrize(
    ("block", "result"),
    [
        ("inputs.x | truncate(2,3)", "cde"),
        ("inputs.x|truncate(6, 20)", "g"),
        ("inputs.v | expand_vars", "a one $UNKNOWN $B"),
        ("inputs.v | expand_vars | truncate(0,5)", "a one"),
        ("inputs.s | posix_escape", "it\\'s\\ \\$HOME\\;\\ \\é"),
        ("inputs.e | posix_escape", "''"),
        ("inputs.list[1]", "two"),
        ("inputs.list[2].key", "three"),
        ("inputs.c | split(',')", ["a", "b|c"]),
    ],
)
def test_functions_and_items_are_worked_out(block: str, result: Any):
    text = header(
        "x: {default: abcdefg}",
        "v: {default: a $A $UNKNOWN $N}",
        's: {default: "it\'s $HOME; é"}',
        "e: {default: ''}",
        "c: {default: 'a, b|c,'}",
        "list: {type: array, default: [one, two, {key: three}]}",
        body="job: {script: x, tags: ['$[[ inputs.c | split(\"\") ]]']}".replace(
            "'$[[ inputs.c | split(\"\") ]]'", "a"
        ),
    )
    job = job_of(text.replace("script: x", f'script: ["$[[ {block} ]]"]'), variables={"A": "one", "N": "$B", "B": "no"})
    assert job.script == (tuple(result) if isinstance(result, list) else (result,))


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("inputs.y", "there is no “y” in “inputs.y”"),
        ("inputs", "write inputs.NAME"),
        ("vars.A", "write inputs.NAME"),
        ("inputs.x.y", "there is no “y”"),
        ("inputs.x[0]", "which is no list"),
        ("inputs.list[7]", "item 7, counted from 0, of a list of 1"),
        ("inputs.list[-1]", "an item of a list is inputs.NAME[0]"),
        ("inputs.x | shout", "there is no function “shout”; write expand_vars, truncate(offset,length)"),
        ("inputs.x | truncate(1)", "write truncate(offset,length)"),
        ("inputs.list | truncate(0,1)", "truncate takes a text, not a list"),
        ("inputs.x | expand_vars | expand_vars | expand_vars | expand_vars", "3 are allowed"),
        ("inputs.m | expand_vars", "the variable SECRET is masked"),
        ("component.name", "cannot be read"),
        ("inputs." + "x" * 1100, "longer than 1024"),
    ],
)
def test_the_error_says_what_is_wrong_with_a_block(block: str, reason: str):
    text = header(
        "x: {default: a}",
        "m: {default: $SECRET}",
        "list: {type: array, default: [a]}",
        body=f"job:\n  script: $[[ {block} ]]",
    )
    message = mistake_in(text, variables={"SECRET": "s"}, masked={"SECRET"})
    assert message.startswith("Line 8, keyword “$[[ ")
    assert reason in message


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ({}, "small"),
        ({"env": "prod"}, "large"),
        ({"env": "prod", "size": "huge"}, "huge"),
        ({"env": "other"}, "one"),
    ],
)
def test_rules_decide_by_other_inputs(given: dict[str, str], result: str):
    spec = (
        "size: {rules: [{if: '$[[ inputs.env ]] == \"dev\"', options: [small], default: small}, "
        "{if: '$[[ inputs.env ]] == \"prod\" && $[[ inputs.fast ]] == true', options: [large, huge], default: large}, "
        "{options: [one], default: one}]}"
    )
    text = header(
        spec, "env: {default: dev}", "fast: {type: boolean, default: true}", body="job: {script: '$[[ inputs.size ]]'}"
    )
    assert job_of(text, inputs=given).script == (result,)
    assert "should be one of: small" in mistake_in(text, inputs={"size": "large"})


def test_a_rule_may_ask_for_a_value():
    text = header("kind: {default: plain}", "x: {rules: [{if: '$[[ inputs.kind ]] == \"own\"', default: null}]}",
                  body="job: {script: 'a $[[ inputs.x ]]'}")  # fmt: skip
    assert job_of(text).script == ("a ",)
    assert job_of(text, inputs={"kind": "own", "x": "b"}).script == ("a b",)
    assert "whoever starts the pipeline has to give it" in mistake_in(text, inputs={"kind": "own"})


def test_who_starts_a_pipeline_may_give_numbers_and_lists_as_text():
    text = header("n: {type: number}", "b: {type: boolean}", "l: {type: array}", "s:",
                  body="job: {script: '$[[inputs.n]] $[[inputs.b]] $[[inputs.s]]', tags: '$[[inputs.l]]'}")  # fmt: skip
    job = job_of(text, inputs={"n": "2.5", "b": "true", "l": '["a", "b"]', "s": "12"})
    assert (job.script, job.tags) == (("2.5 true 12",), ("a", "b"))
    assert "“two” should be a number" in mistakes_in(text, inputs={"n": "two", "b": True, "l": [], "s": ""})[0]


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"y": "1"}, "The CI file has no input “y”; it has: x."),
        ({}, "Line 3, keyword “spec:inputs:x”: this input has no default"),
        ({f"i{number}": "1" for number in range(21)}, "at most 20 inputs, not 21"),
    ],
)
def test_the_error_says_what_is_wrong_with_what_a_pipeline_gets(inputs: dict[str, str], reason: str):
    assert reason in mistakes_in(header("x:"), inputs=inputs)[0]


def test_a_file_without_a_header_takes_no_inputs():
    assert "has no inputs: a header with" in mistake_in("job: {script: x}", inputs={"x": "1"})
    assert "“a.yml” has no inputs" in mistake_in(**sources_with_include("job: {script: x}", "{x: 1}"))
    assert "stays as written" in warnings_in("job: {script: 'echo $[[ inputs.x ]]'}")[0]
    assert job_of("job: {script: 'if [[ $A ]]; then echo $[[ 1 ]]; fi'}").script


def test_a_header_may_stand_alone():
    files = {"a.yml": "spec: {inputs: {x: {default: a}}}\n", "b.yml": "spec:\n---\n"}
    assert compile_text("include: [a.yml, b.yml]\njob: {script: x}", read_local=files.get).jobs


def test_a_header_is_described_without_values():
    text = header("x: {description: Where to, options: [a, b], default: a}", "y: {type: number, regex: 1}")
    with pytest.raises(ci_config.ConfigError):
        ci_config.read_header(text)
    found = ci_config.read_header(header("x: {description: Where to, options: [a, b], default: a}", "y:")).inputs
    assert [(spec.name, spec.is_required, spec.options) for spec in found.values()] == [
        ("x", False, ("a", "b")),
        ("y", True, None),
    ]
    assert ci_config.read_header("job: {script: x}").inputs == {}


def test_inputs_may_stand_in_files_of_their_own():
    files = {"in.yml": "inputs: {x: {default: a}}"}
    spec = "spec: {include: [{local: in.yml}], inputs: {y: {default: b}}}"
    text = f"{spec}\n---\njob: {{script: '$[[ inputs.x ]]$[[ inputs.y ]]'}}"
    assert job_of(text, read_local=files.get).script == ("ab",)
    twice = text.replace("{y:", "{x: {default: c}, y:")
    assert "in.yml, line 1" in mistake_in(twice, read_local=files.get)


def test_matrix_expressions_pair_the_instances_of_two_jobs():
    text = """
        .both: &both {parallel: {matrix: [{OS: [linux, mac], ARCH: [arm, x86]}, {OS: bsd, ARCH: x86}]}}
        build: {<<: *both, script: x}
        test:
          <<: *both
          script: x
          needs: [{job: build, parallel: {matrix: [{OS: ['$[[ matrix.OS ]]'], ARCH: '$[[ matrix.ARCH ]]'}]}}]
        """
    jobs = jobs_of(text)
    assert jobs["test: [mac, arm]"].needs == (ci_config.Need("build: [mac, arm]"),)
    assert jobs["test: [bsd, x86]"].needs == (ci_config.Need("build: [bsd, x86]"),)


@pytest.mark.parametrize(
    ("matrix", "reason"),
    [
        ("{OS: '$[[ matrix.CPU ]]'}", "there is no “CPU” in “matrix.CPU”; the matrix of this job has to have it"),
        ("{OS: 'x$[[ matrix.OS ]]'}", "there is no job “build: [xa]” in the matrix"),
    ],
)
def test_the_error_says_what_is_wrong_with_a_matrix_expression(matrix: str, reason: str):
    text = f"""
        build: {{parallel: {{matrix: [{{OS: [a]}}]}}, script: x}}
        test:
          parallel: {{matrix: [{{OS: [a]}}]}}
          script: x
          needs: [{{job: build, parallel: {{matrix: [{matrix}]}}}}]
        """
    assert reason in mistake_in(text)


@pytest.mark.parametrize(
    ("spec", "body"),
    [
        ("x: {default: " + "a" * 200_000 + "}", "job:\n  script:\n" + "    - $[[ inputs.x ]]\n" * 2_000),
        ("x: {default: a}", "job:\n  script:\n" + "    - " + "$[[ inputs.x ]]" * 60_000 + "\n"),
        ("x: {default: a}", "job:\n  script:\n" + "    - " + "$[[ " * 200_000 + "]]\n"),
        ("x: {default: " + "$V" * 400_000 + "}", "job:\n  script:\n" + "    - $[[ inputs.x | expand_vars ]]\n" * 9),
        (
            "x: {type: array, default: [" + "[a]," * 20_000 + "]}",
            "job:\n  script:\n" + "    - a $[[ inputs.x ]]\n" * 999,
        ),
    ],
)
def test_large_values_end_in_a_sentence_and_soon(spec: str, body: str):
    start = time.process_time()
    assert mistakes_in(header(spec, body=body), variables={"V": "v" * 60_000})
    assert time.process_time() - start < 2


def test_deep_lists_end_in_a_sentence():
    deep: list[Any] = []
    for _ in range(2_000):
        deep = [deep]
    text = header("x: {type: array}", body="job: {script: '$[[ inputs.x ]]'}")
    assert "deeper than" in mistake_in(text, inputs={"x": deep})


def test_openings_that_no_line_closes_are_passed_soon():
    start = time.process_time()
    found = list(find_blocks("$[[" * 60_000 + "\n]] $[[ inputs.x ]]"))
    assert [block.content for block in found] == ["inputs.x"]
    assert time.process_time() - start < 2
