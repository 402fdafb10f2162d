"""`include`: files of the commit and of other projects."""

from typing import Any

import pytest

import ci_config
from tests.support.ci_file import compile_text, jobs_of, mistake_in, mistakes_in

pytestmark = pytest.mark.pure


def local(**files: str) -> dict[str, Any]:
    """The commit's files: `ci_a="…"` is ci/a.yml."""
    held = {name.replace("_", "/") + ".yml": text for name, text in files.items()}
    return {"read_local": held.get, "list_files": held.keys}


def test_included_jobs_come_first_and_can_be_overridden():
    jobs = jobs_of(
        "include: /ci/a.yml\nshared: {script: own}\n",
        **local(ci_a="shared: {stage: build, script: theirs}\nextra: {stage: build, script: x}"),
    )
    assert (jobs["shared"].stage, jobs["shared"].script) == ("build", ("own",))
    assert "extra" in jobs


@pytest.mark.parametrize("include", ["[a.yml, null, {local: b.yml}]", "{local: '*.yml'}", "'**/*.yml'", "$NAMES.yml"])
def test_local_files_are_named_or_matched(include: str):
    files = local(a="a: {script: x}", b="b: {script: x}")
    assert {"a"} <= set(jobs_of(f"include: {include}\n", variables={"NAMES": "a"}, **files)) <= {"a", "b"}


def test_a_file_of_another_project_reads_its_own_neighbours():
    asked = []

    def read_project(project: str, ref: str, path: str) -> str:
        asked.append((project, ref, path))
        return "include: /b.yml\na: {script: x}" if path == "a.yml" else "b: {script: x}"

    jobs = jobs_of("include: {project: g/lib, ref: v1, file: [a.yml]}", read_project=read_project)
    assert set(jobs) == {"a", "b"}
    assert asked == [("g/lib", "v1", "a.yml"), ("g/lib", "v1", "b.yml")]


def test_rules_decide_whether_a_file_is_included():
    text = "include: {local: a.yml, rules: [{if: $A}]}\njob: {script: x}"
    assert set(jobs_of(text, **local(a="a: {script: x}"))) == {"job"}
    assert set(jobs_of(text, variables={"A": "1"}, **local(a="a: {script: x}"))) == {"a", "job"}


def test_a_file_may_be_included_twice_but_not_in_a_circle():
    files = local(a="include: c.yml", b="include: c.yml", c="c: {script: x}", d="include: e.yml", e="include: d.yml")
    assert set(jobs_of("include: [a.yml, b.yml]", **files)) == {"c"}
    assert "in a circle: d.yml, e.yml, d.yml" in mistake_in("include: d.yml\na: {script: x}", **files)


def test_a_wildcard_may_match_only_yaml_files():
    paths = ["ci/a.YML", "ci/b.yaml"]
    text = "job: {script: x}"
    assert set(jobs_of("include: ci/*", list_files=lambda: paths, read_local=lambda path: text)) == {"job"}
    message = mistake_in("include: ci/*\n" + text, list_files=lambda: ["ci/README"], read_local=lambda path: text)
    assert "“ci/README” should end in .yml or .yaml" in message


def test_mistakes_in_an_included_file_name_it():
    message = mistake_in("include: ci/a.yml", **local(ci_a="\n\na:\n  script: x\n  bogus: 1"))
    assert message.startswith("ci/a.yml, line 5, job “a”, keyword “bogus”: unknown keyword")


def test_mistakes_in_another_project_name_it():
    message = mistake_in("include: {project: g/p, file: a.yml}", read_project=lambda *args: "a: [")
    assert message.startswith("g/p:a.yml, line 2: this is not valid YAML")


@pytest.mark.parametrize(
    ("include", "reason"),
    [
        ("a.yml", "there is no file “a.yml” in the repository"),
        ("{project: g/p, file: a.yml}", "or you may not read it"),
        ("{project: g/p}", "`project` goes with `file`; name either"),
        ("{local: a.yml, project: g/p}", "name either"),
        ("{local: a.yml, ref: main}", "`ref` does not go with `local`; name either"),
        ("{}", "name either"),
        ("https://x.test/a.yml", "lies outside, and files of other servers are not included here"),
        ("{remote: https://x.test/a.yml}", "lies outside"),
        ("{remote: https://x.test/a.yml, integrity: sha1-abc}", "the Base64 of the file's SHA-256"),
        ("{template: Ruby.yml}", "there are no templates here"),
        ("{component: x/y@1}", "there are no components here"),
        ("{artifact: a.yml, job: b}", "can be included by `trigger` only"),
        ("{artifact: a.yml}", "`artifact` goes with `job`"),
        ("{local: a.yml, cache: true}", "`cache` does not go with `local`"),
        ("{project: g/p, file: '*.yml'}", "only `local` takes wildcards"),
        ("../a.yml", "without `..`"),
        ("a.txt", "end in .yml"),
        ('"a\\u0001.yml"', "there is no file"),
        ("[[a.yml]]", "should be a path"),
        ("{local: 3}", "in quotes"),
        ("{local: a.yml, rules: [{when: manual}]}", "should be one of: always, never"),
    ],
)
def test_the_error_says_what_is_wrong_with_an_include(include: str, reason: str):
    assert reason in mistake_in(f"include: {include}\njob: {{script: x}}")


def test_the_number_of_files_is_limited():
    assert "more than 150 files" in mistakes_in(f"include: [{'a.yml, ' * 200}]", **local(a="a: {script: x}"))[-1]


def test_a_long_chain_of_files_ends():
    files = {f"{n}.yml": f"include: {n + 1}.yml" for n in range(1_000)}
    assert "more than 150 files" in mistakes_in("include: 0.yml\na: {script: x}", read_local=files.get)[-1]


def test_nothing_is_read_that_the_file_does_not_ask_for():
    def must_not_be_called(*args: str) -> str:
        raise AssertionError(args)

    assert compile_text(
        "job: {script: x}",
        read_local=must_not_be_called,
        read_project=must_not_be_called,
        changed_files=must_not_be_called,
    ).jobs


@pytest.mark.parametrize("kind", ["component", "template"])
def test_what_is_not_there_is_not_looked_for_without_end(kind: str):
    asked: list[str] = []

    def find(name: str) -> Any:
        asked.append(name)
        raise ci_config.CannotInclude("there is none")

    text = f"include: [{f'{{{kind}: a.yml}}, ' * 1_000}]"
    assert "more than 150 components" in mistakes_in(text, **{f"find_{kind}": find})[-1]
    assert len(asked) == 150
