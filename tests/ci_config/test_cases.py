"""CI files as people write them, and what GitLab makes of each on a push to `main`."""

from __future__ import annotations

from typing import Any

import pytest

import ci_config
from tests.support.ci_cases import CASES, Jobs, NoPipeline, Outcome, Refusal, files_of, jobs, text_of

pytestmark = pytest.mark.pure
PREDEFINED = {
    "CI": "true",
    "CI_COMMIT_BRANCH": "main",
    "CI_COMMIT_REF_NAME": "main",
    "CI_COMMIT_REF_SLUG": "main",
    "CI_DEFAULT_BRANCH": "main",
    "CI_PIPELINE_SOURCE": "push",
    "CI_PROJECT_PATH": "acme/app",
}

YAML: dict[str, Outcome] = {
    "date-plain": Refusal("date or time"),
    "dup-keyword": jobs("greet", greet={"script": ("echo second",)}),
    "merge-after-own": jobs("build", build={"image": {"name": "base:1"}}),
    "merge-before-own": jobs("build", build={"image": {"name": "own:1"}}),
    "merge-twice": jobs("ride", ride={"image": {"name": "fast:1"}, "variables": ({"key": "SPEED", "value": "fast"},)}),
    "number-base-sixty": jobs("wake"),
    "number-binary-octal": jobs("show"),
    "number-leading-zero": jobs("pay"),
    "number-scientific": jobs("show"),
    "unknown-tag": jobs("say", say={"script": ("hello",)}),
}
REUSE: dict[str, Outcome] = {
    "extends-order": jobs("j", j={"image": {"name": "b"}}),
    "include-double-star": jobs("far", "near", "root"),
    "include-diamond": jobs("c", "a", "b", "j"),
    "include-from-the-root": Refusal("there is no file “b.yml”"),
    "include-order": jobs("x", x={"script": ("top",), "image": {"name": "b"}, "tags": ("b",)}),
    "include-rules-exists": jobs("h", "j"),
    "include-rules-nested": jobs("j"),
    "include-rules-tag": jobs("j"),
    "include-same-twice": jobs("h", "j"),
    "include-star": jobs("a", "j"),
    "include-star-folder": jobs("a", "b", "j"),
    "include-wildcard-none": jobs("root"),
    "inherit-default": jobs(
        "j", "k", j={"image": {"name": "d"}, "script": ("x",), "retry": None}, k={"image": None, "script": ("x",)}
    ),
    "reference-as-map": jobs("j"),
    "reference-in-matrix": jobs("j: [oak]", "j: [elm]"),
    "reference-to-job": jobs("j", j={"image": {"name": "i"}}),
    "reference-to-missing": Refusal("there is no “.nope”"),
    "reference-to-nothing": jobs("j", j={"tags": ()}),
    "reference-to-reference": jobs("j", j={"script": ("echo", "x")}),
    "reference-to-rules": jobs("j", j={"when": "manual"}),
    "reference-to-variable": jobs("j"),
    "reference-within-image": jobs("j", j={"image": {"name": "img", "entrypoint": [""]}}),
}
CONDITIONS: dict[str, Outcome] = {
    "and-with-empty": jobs("both"),
    "except-over-only": jobs("k"),
    "group-compared": jobs("hit"),
    "match-anchors-within-group": jobs("j"),
    "match-group-and-slash": jobs("j"),
    "match-one-character": Refusal("two characters or more"),
    "match-pattern-in-variable": jobs("j"),
    "match-plain-variable": jobs("hit"),
    "match-text": jobs("hit"),
    "not-match-plain-variable": jobs("hit"),
    "only-api": jobs("k"),
    "only-beside-workflow": jobs("a"),
    "only-no-glob": jobs("k"),
    "only-other-project": jobs("k"),
    "only-pattern": jobs("k", "l"),
    "only-refs-and-variables": jobs("k"),
    "only-sources": jobs("k"),
    "only-tags": jobs("k"),
    "or-with-empty": jobs("swapped"),
    "rules-delayed": jobs("j", j={"when": "delayed", "start_in": 60}),
    "rules-keep-manual-of-the-job": jobs("a", a={"when": "manual", "allow_failure": False}),
    "rules-needs": jobs("a", "b", "c", c={"needs": (ci_config.Need("b"),)}),
    "workflow-never": NoPipeline(),
    "workflow-no-match": NoPipeline(),
}
KEYWORDS: dict[str, Outcome] = {
    "dependencies-excluded": jobs("b"),
    "artifacts-paths-text": Refusal("should be a list"),
    "cache-nested": jobs("build"),
    "dependencies-later-stage": Refusal("“second”"),
    "dependencies-same-stage": jobs("compile", "check", "ship", ship={"dependencies": ("compile", "check")}),
    "entrypoint-text": Refusal("should be a list"),
    "environment-url-bare": jobs("deploy"),
    "expose-as-star": Refusal("beside `expose_as`"),
    "job-called-pages-deploy": jobs("pages:deploy"),
    "needs-empty-entry": jobs("build", "test", test={"needs": (ci_config.Need("build"),)}),
    "needs-excluded": Refusal("“a” is not in this pipeline"),
    "needs-map": jobs("build", "test", test={"needs": (ci_config.Need("build", artifacts=False),)}),
    "needs-none-with-dependencies": jobs("build", "test", test={"needs": (), "dependencies": ("build",)}),
    "needs-twice": Refusal("“build” stands here twice"),
    "on-stop-excluded": jobs("a"),
    "on-stop-other-name": Refusal("same environment"),
    "parallel-names": jobs("a 1/2", "a 2/2", "b: [1, x]", "b: [2, x]", "b: [3]"),
    "services-nested": jobs("test", test={"services": ({"name": "postgres:15", "alias": "db"}, {"name": "redis:7"})}),
    "stages-pre-and-post-only": NoPipeline(),
    "start-in-with-rules": Refusal("`start_in` stand in a rule"),
    "tags-text": Refusal("should be a list"),
    "timeout-number": Refusal("should be a duration"),
    "trigger-delayed": Refusal("should be one of: on_success, on_failure, always, manual"),
    "trigger-environment": jobs("deploy", deploy={"environment": {"name": "production", "action": "start"}}),
    "variable-name-hyphen": jobs("build: [a]", "build: [b]"),
    "variables-circle": Refusal("name each other in a circle: "),
    "variables-percent": jobs("say"),
}
# With the file that the push changed.
CHANGES: dict[str, tuple[str, Outcome]] = {
    "changes-nested-variable": ("app/src/a.txt", jobs("hit", "rest")),
    "changes-open-brace": ("README.md", jobs("rest")),
}
# What a push makes of what the linter takes without a dry run.
STATIC = {"lint-static-needs": Refusal("“build” is not in this pipeline")}
OUTCOMES = {**YAML, **REUSE, **CONDITIONS, **KEYWORDS, **STATIC}


def compile_case(name: str, **more: Any) -> ci_config.CompiledPipeline:
    files = files_of(name)
    asked: dict[str, Any] = {"predefined": PREDEFINED, "read_local": files.get, "list_files": lambda: list(files)}
    return ci_config.compile(text_of(name), **{**asked, **more})


def check(outcome: Outcome, name: str, **more: Any) -> None:
    if isinstance(outcome, Refusal):
        with pytest.raises(ci_config.ConfigError) as error:
            compile_case(name, **more)
        assert any(outcome.reason in message for message in error.value.messages), error.value.messages
        return
    expected = outcome if isinstance(outcome, Jobs) else jobs()
    result = compile_case(name, **more)
    assert [job.name for job in result.jobs] == expected.names
    for job in result.jobs:
        for key, value in expected.details.get(job.name, {}).items():
            assert getattr(job, key) == value, (job.name, key)


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_ci_file_means_what_it_means_to_gitlab(name: str) -> None:
    check(OUTCOMES[name], name)


@pytest.mark.parametrize("name", STATIC)
def test_without_its_rules_a_ci_file_is_valid(name: str) -> None:
    assert [job.name for job in compile_case(name, evaluate_rules=False).jobs] == ["build", "test"]


def test_caches_in_lists_of_their_own_are_all_there() -> None:
    (job,) = compile_case("cache-nested").jobs
    assert [cache["key"] for cache in job.cache] == ["deps", "objects"]


@pytest.mark.parametrize("name", CHANGES)
def test_changes_mean_what_they_mean_to_gitlab(name: str) -> None:
    path, outcome = CHANGES[name]
    check(outcome, name, changed_files=lambda compare_to: [path])


def test_a_wildcard_in_a_file_of_another_project_means_files_of_that_project() -> None:
    files = files_of("include-project-wildcard")
    known = {("root/case-parts", "", path): text for path, text in files.items()}
    check(
        jobs("a", "b", "root"),
        "include-project-wildcard",
        read_local=lambda path: None,
        read_project=lambda *asked: known.get(asked),
        list_project_files=lambda project, ref: list(files) if project == "root/case-parts" else None,
    )


def test_every_file_of_the_folder_is_a_case() -> None:
    files = {path.stem for path in CASES.glob("*.yml") if not path.stem.startswith("run-")}
    assert files == {*OUTCOMES, *CHANGES, "include-project-wildcard"}
