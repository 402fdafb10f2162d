"""Trying a CI file: by REST, for a project and for none, and on its page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from jobs.models import Pipeline
from jobs.pipelines.services import start_for_push
from jobs.variables.services import create_variable
from tests.factories import projects, runners
from tests.factories.cast import Cast
from tests.support.ci_cases import text_of
from tokenaccess.policy.levels import Role

pytestmark = pytest.mark.once

GOOD = """
stages: [build, test]
include: {local: ci/base.yml}
compile: {extends: .base, stage: build, tags: [linux]}
unit: {stage: test, script: [make test], needs: [compile], rules: [{if: $CI_COMMIT_BRANCH == "main"}]}
"""
BASE = ".base:\n  before_script: [one]\n  script:\n    - |\n      two\n      three\n"
BAD = "unit:\n  script: [x]\n  stag: test\n"
ODD = "variables: {MODE: 0755}\ntest: {script: [x]}\n"
ADDRESS = "/projects/acme%2Fapp/ci/lint"
PAGE = "/acme/app/-/ci/lint"


@pytest.fixture
def base(cast: Cast) -> None:
    projects.commit(cast.app, {"ci/base.yml": BASE})


def page(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


# --- REST -------------------------------------------------------------------------------------------------------------


def test_a_good_file_shows_its_jobs_and_what_it_includes(cast: Cast, api: Any, base: None) -> None:
    found = api(cast.developer).post(ADDRESS, {"content": GOOD, "include_jobs": True}).json()
    assert (found["valid"], found["errors"], found["warnings"]) == (True, [], [])
    assert [(job["name"], job["stage"], job["needs"]) for job in found["jobs"]] == [
        ("compile", "build", None),
        ("unit", "test", [{"name": "compile"}]),
    ]
    assert found["jobs"][0]["script"] == ["one", "two\nthree\n"]
    assert found["jobs"][0]["tag_list"] == ["linux"]
    merged = found["merged_yaml"]
    assert "include" not in merged
    assert "two\n    three" in merged
    assert not Pipeline.objects.exists()


def test_the_merged_file_means_the_same_as_the_file(cast: Cast, api: Any, base: None) -> None:
    ask = {"include_jobs": True}
    first = api(cast.developer).post(ADDRESS, {"content": GOOD, **ask}).json()
    again = api(cast.developer).post(ADDRESS, {"content": first["merged_yaml"], **ask}).json()
    assert again == first


def test_the_merged_file_keeps_texts_that_look_like_something_else(cast: Cast, api: Any) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    words = ["1,000", "012", "12:30", ":80", "2024-01-02", "no", "~", "nULL", "0b1", "<<", " x", "two\nlines", "1e3"]
    text = "unit:\n  script:\n" + "".join(f"    - {json.dumps(word)}\n" for word in words)
    ask = {"content": text, "include_jobs": True}
    first = api(cast.developer).post(ADDRESS, ask).json()
    assert first["jobs"][0]["script"] == words
    again = api(cast.developer).post(ADDRESS, {**ask, "content": first["merged_yaml"]}).json()
    assert again["jobs"] == first["jobs"]


def test_a_mistake_names_line_job_and_keyword(cast: Cast, api: Any) -> None:
    projects.commit(cast.app, {"README": "x"})
    found = api(cast.developer).post(ADDRESS, {"content": BAD}).json()
    assert found["valid"] is False
    assert found["merged_yaml"] is None
    assert "jobs" not in found
    (message,) = found["errors"]
    assert all(part in message for part in ("Line 3", "“unit”", "“stag”"))


def test_inputs_may_be_null(cast: Cast, api: Any) -> None:
    projects.commit(cast.app, {"README": "x"})
    found = api(cast.developer).post(ADDRESS, {"content": runners.SIMPLE, "inputs": None})
    assert (found.status_code, found.json()["valid"]) == (200, True)


def test_a_project_without_any_commit_can_try_its_first_file(cast: Cast, api: Any) -> None:
    new = projects.project("fresh", group=cast.acme, by=cast.owner)
    projects.member(cast.developer, new, Role.DEVELOPER)
    found = api(cast.developer).post(f"/projects/{new.pk}/ci/lint", {"content": runners.SIMPLE}).json()
    assert found["valid"] is True
    missing = api(cast.developer).post(f"/projects/{new.pk}/ci/lint", {"content": GOOD}).json()
    assert "ci/base.yml" in missing["errors"][0]


def test_rules_that_leave_no_job_are_a_mistake_for_a_dry_run_alone(cast: Cast, api: Any) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    text = "x: {script: [x], rules: [{if: $CI_COMMIT_TAG}]}"
    plain = api(cast.developer).post(ADDRESS, {"content": text}).json()
    assert (plain["valid"], len(plain["warnings"])) == (True, 1)
    dry = api(cast.developer).post(ADDRESS, {"content": text, "dry_run": True}).json()
    assert (dry["valid"], len(dry["errors"])) == (False, 1)
    nowhere = api(cast.developer).post(ADDRESS, {"content": text, "ref": "nope", "dry_run": True}).json()
    assert nowhere["errors"] == ["Reference not found"]


def test_a_file_that_reads_otherwise_than_it_looks_is_valid_with_warnings(cast: Cast, api: Any) -> None:
    runners.push_file(cast.app, ODD)
    for answer in (
        api(cast.developer).post(ADDRESS, {"content": ODD}),
        api(cast.developer).get(ADDRESS),
        api(cast.developer).post("/ci/lint", {"content": ODD}),
    ):
        assert answer.json()["valid"] is True
        (warning,) = answer.json()["warnings"]
        assert "“0755” without quotes is read as the number “493”" in warning


def test_an_invalid_file_has_its_warnings_beside_the_errors(cast: Cast, api: Any) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    found = api(cast.developer).post(ADDRESS, {"content": ODD + BAD}).json()
    assert (found["valid"], len(found["errors"]), len(found["warnings"])) == (False, 1, 1)


def test_without_a_dry_run_no_rule_is_evaluated(cast: Cast, api: Any) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    text = text_of("lint-static-needs")
    ask = {"content": text, "include_jobs": True}
    plain = api(cast.developer).post(ADDRESS, ask).json()
    assert (plain["valid"], plain["errors"]) == (True, [])
    assert [job["name"] for job in plain["jobs"]] == ["build", "test"]
    (warning,) = plain["warnings"]
    assert warning.startswith("A push makes a failed pipeline. Line 8, job “test”, keyword “needs”: “build” is not in")
    dry = api(cast.developer).post(ADDRESS, {**ask, "dry_run": True}).json()
    assert (dry["valid"], dry["jobs"], len(dry["errors"])) == (False, [], 1)
    sha = runners.push_file(cast.app, text)
    start_for_push(project=cast.app, ref="refs/heads/main", old="", new=sha, user=cast.developer)
    pipeline = Pipeline.objects.get()
    assert (pipeline.status, pipeline.yaml_errors) == ("failed", dry["errors"][0])


def test_without_a_dry_run_the_rules_of_the_workflow_and_circles_of_variables_are_warnings(
    cast: Cast, api: Any
) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    never = "workflow: {rules: [{when: never}]}\nunit: {script: [x]}"
    for text, warning in ((never, "workflow"), (text_of("variables-circle"), "in a circle")):
        plain = api(cast.developer).post(ADDRESS, {"content": text}).json()
        assert plain["valid"] is True
        assert warning in plain["warnings"][0]
        assert api(cast.developer).post(ADDRESS, {"content": text, "dry_run": True}).json()["valid"] is False


def test_the_file_of_a_commit_is_tried(cast: Cast, api: Any) -> None:
    assert api(cast.developer).get(ADDRESS).json()["errors"] in (["Reference not found"], ["Missing CI config file"])
    old = runners.push_file(cast.app, BAD)
    runners.push_file(cast.app, runners.SIMPLE)
    assert api(cast.developer).get(ADDRESS).json()["valid"] is True
    assert api(cast.developer).get(f"{ADDRESS}?content_ref={old}").json()["valid"] is False
    assert api(cast.developer).get(f"{ADDRESS}?sha={old}").json()["valid"] is False
    assert (
        api(cast.developer).get(f"{ADDRESS}?ref=main&dry_run=true&include_jobs=true").json()["jobs"][0]["name"]
        == "test"
    )
    assert api(cast.developer).get(f"{ADDRESS}?content_ref=nope").json()["errors"] == ["Reference not found"]


def test_no_message_tells_a_masked_or_protected_value(cast: Cast, api: Any) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    kinds: dict[str, dict[str, Any]] = {"MASKED": {"masked": True}, "GUARDED": {"protected": True}, "PLAIN": {}}
    for key, more in kinds.items():
        create_variable(project=cast.app, key=key, value=f"value-of-{key}", by=cast.maintainer, **more)
    for key in ("MASKED", "GUARDED"):
        text = f"include: {{local: 'ci/${key}.yml'}}\nx: {{script: [x], environment: {{name: ${key}}}}}"
        answer = api(cast.developer).post(ADDRESS, {"content": text, "include_jobs": True})
        assert f"value-of-{key}" not in answer.content.decode()
    body = api(cast.developer).post(ADDRESS, {"content": "include: {local: 'ci/$PLAIN.yml'}\nx: {script: [x]}"}).json()
    assert "ci/value-of-PLAIN.yml" in body["errors"][0]


def test_another_projects_file_is_included_for_those_who_may_clone_it(cast: Cast, api: Any) -> None:
    projects.commit(cast.library, {"job.yml": "secret job: {script: [x]}"})
    text = "include: {project: acme/library, file: job.yml}\nx: {script: [x]}"
    runners.push_file(cast.app, runners.SIMPLE)
    answers = {
        user.username: api(user).post("/ci/lint", {"content": text, "include_merged_yaml": True}).json()
        for user in (cast.maintainer, cast.outsider)
    }
    assert "secret job" in answers["maintainer"]["merged_yaml"]
    assert answers["outsider"]["status"] == "invalid"
    assert "you may not read it" in answers["outsider"]["errors"][0]


@pytest.mark.parametrize(
    "given",
    [
        *({}, {"content": ""}, {"content": "a\0b"}, {"content": ["x"]}, {"content": "\ud800"}),
        *({"content": "x: 1", "dry_run": "perhaps"}, {"content": "x: 1", "ref": {}}),
    ],
)
def test_what_is_no_request_is_a_400(cast: Cast, api: Any, given: dict[str, Any]) -> None:
    assert api(cast.developer).post(ADDRESS, given).status_code == 400
    if "ref" not in given and "dry_run" not in given:
        assert api(cast.developer).post("/ci/lint", given).status_code == 400


@pytest.mark.parametrize("text", ["\tx", "- 1", "5", "{", "a: &a [*a]", "x: {script: [x], needs: [x]}", "é" * 1000])
def test_nonsense_is_invalid_and_no_fault_of_ours(cast: Cast, api: Any, text: str) -> None:
    for address in (ADDRESS, "/ci/lint"):
        answer = api(cast.developer).post(address, {"content": text})
        assert (answer.status_code, answer.json()["valid"]) == (200, False)


def test_a_file_that_repeats_one_text_too_often_is_not_written_out(cast: Cast, api: Any) -> None:
    text = f".base: {{script: ['{'x' * 5000}']}}\n" + "".join(f"j{n}: {{extends: .base}}\n" for n in range(300))
    found = api(cast.developer).post("/ci/lint", {"content": text, "include_merged_yaml": True}).json()
    assert (found["status"], found["merged_yaml"]) == ("valid", None)
    assert found["warnings"] == ["The merged file is too long to be shown."]


def test_who_may_not_run_a_pipeline_may_not_lint(cast: Cast, api: Any) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    assert api(cast.reporter).post(ADDRESS, {"content": "x: 1"}).status_code == 403
    assert api(cast.reporter).get(ADDRESS).status_code == 403
    assert api(cast.outsider).get(ADDRESS).status_code == 404
    assert api().post("/ci/lint", {"content": "x: 1"}).status_code == 401


# --- The page ---------------------------------------------------------------------------------------------------------


def test_the_page_is_linked_and_begins_with_the_file_that_is_there(cast: Cast) -> None:
    runners.push_file(cast.app, "unit: {script: [make the tea]}")
    assert PAGE in page(cast.developer).get("/acme/app/-/pipelines").content.decode()
    assert PAGE not in page(cast.reporter).get("/acme/app/-/pipelines").content.decode()
    assert "make the tea" in page(cast.developer).get(PAGE).content.decode()


def test_the_page_says_what_is_wrong_and_what_would_run(cast: Cast) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    client = page(cast.developer)
    bad = client.post(PAGE, {"content": BAD.replace("\n", "\r\n") + "'<b>': {script: 1}"}).content.decode()
    assert "2 errors" in bad
    assert "Line 3, job “unit”, keyword “stag”" in bad
    assert "<b>" not in bad
    good = client.post(PAGE, {"content": runners.SIMPLE, "ref": "main"}).content.decode()
    assert "The file is valid" in good
    assert "A push would create 1 job." in good
    assert "Show the file with everything it includes" in good
    assert not Pipeline.objects.exists()


def test_the_page_says_what_a_push_would_make_and_why_it_would_fail(cast: Cast) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    found = page(cast.developer).post(PAGE, {"content": text_of("lint-static-needs")}).content.decode()
    assert "A push would create 0 jobs." in found
    assert "A push makes a failed pipeline." in found


def test_the_page_shows_warnings(cast: Cast) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    found = page(cast.developer).post(PAGE, {"content": ODD}).content.decode()
    assert "The file is valid" in found
    assert "“0755” without quotes is read as the number “493”" in found


@pytest.mark.parametrize("given", [{}, {"content": "a\0b"}, {"content": "x", "ref": "y" * 2000}])
def test_a_bad_form_says_so(cast: Cast, given: dict[str, str]) -> None:
    assert page(cast.developer).post(PAGE, given).status_code == 422


def test_the_page_is_for_those_who_run_pipelines(cast: Cast) -> None:
    assert page(cast.reporter).get(PAGE).status_code == 403
    assert page(cast.outsider).get(PAGE).status_code == 404
