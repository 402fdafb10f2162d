"""What jobs get to see of CI variables (runner.md §6–7)."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.models import Job, Pipeline
from jobs.pipelines.plan import PipelineRefused, PipelineRequest
from jobs.pipelines.services import create_pipeline
from jobs.variables.expansion import expand_all
from jobs.variables.services import create_variable, update_variable
from jobs.variables.stored import scope_covers
from jobs.variables.value import Variable, values_by_key
from tests.factories import projects, runners
from tests.factories.cast import Cast
from tests.support.ci_cases import text_of
from tests.support.runner import Work


def keep(cast: Cast, key: str = "KEY", value: str = "value", **more: Any) -> Any:
    """A variable of the app, unless `more` names another place."""
    place: dict[str, Any] = {} if {"project", "group"} & more.keys() else {"project": cast.app}
    return create_variable(key=key, value=value, by=cast.maintainer, **place, **more)


def run(cast: Cast, yaml: str = runners.SIMPLE, **fields: Any) -> Work:
    runners.pipeline(cast.app, cast.developer, yaml, **fields)
    return runners.runner(cast.app).work()


def test_what_is_nearer_to_the_project_counts(cast: Cast) -> None:
    inner = projects.group("inner", parent=cast.acme, by=cast.owner)
    project = projects.project("deep", group=inner, by=cast.owner)
    for number, place in enumerate(
        [{"project": None, "group": None}, {"group": cast.acme}, {"group": inner}, {"project": project}]
    ):
        for key in ("A", "B", "C", "D")[number:]:
            create_variable(key=key, value=f"place {number}", by=cast.owner, **place)  # type: ignore[arg-type]
    runners.pipeline(project, cast.owner, "variables: {A: file, D: file, E: file}\ntest: {script: [x]}")
    seen = runners.runner(project).work().variables
    assert [seen[key] for key in "ABCDE"] == ["place 0", "place 1", "place 2", "place 3", "file"]


def test_the_request_counts_more_than_the_project(cast: Cast) -> None:
    keep(cast)
    work = run(cast, variables=[{"key": "KEY", "value": "asked", "variable_type": "env_var"}])
    assert work.variables["KEY"] == "asked"


def test_a_variable_of_another_project_stays_there(cast: Cast) -> None:
    keep(cast, project=cast.library)
    assert "KEY" not in run(cast).variables


def test_flags_reach_the_runner(cast: Cast) -> None:
    keep(cast, value="s3cret-value", masked=True, raw=True, variable_type="file")
    found = run(cast).variable("KEY")
    assert found == {
        "key": "KEY", "value": "s3cret-value", "public": False, "masked": True, "raw": True, "file": True,
    }  # fmt: skip


def test_protected_variables_go_to_protected_refs_only(cast: Cast) -> None:
    keep(cast, protected=True)
    assert run(cast).variables["KEY"] == "value"
    runners.push_file(cast.app, runners.SIMPLE, branch="feature")
    create_pipeline(PipelineRequest(project=cast.app, ref="feature", user=cast.developer, source="api"))
    assert "KEY" not in runners.runner(cast.app).work().variables


def test_environment_scopes_choose(cast: Cast) -> None:
    for scope in ("*", "review/*", "review/one"):
        keep(cast, value=scope, environment_scope=scope)
    job = "{script: [x], environment: {name: '%s'}}"
    yaml = f"a: {job % 'review/$WHICH'}\nb: {job % 'review/two'}\nc: {{script: [x]}}"
    runners.pipeline(
        cast.app, cast.developer, yaml, variables=[{"key": "WHICH", "value": "x", "variable_type": "env_var"}]
    )
    runner = runners.runner(cast.app)
    seen = {}
    for _ in range(3):
        work = runner.work()
        seen[work.payload["job_info"]["name"]] = work.variables["KEY"]
    assert seen == {"a": "review/*", "b": "review/*", "c": "*"}


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("environment", "tier"),
    [
        ("{name: production/eu}", "production"),
        ("{name: Pre-Prod}", "staging"),
        ("{name: review/$CI_COMMIT_REF_SLUG}", "development"),
        ("{name: qa}", "testing"),
        ("{name: garden}", "other"),
        ("{name: live, deployment_tier: staging}", "staging"),
    ],
)
def test_a_job_knows_what_kind_of_environment_it_serves(cast: Cast, environment: str, tier: str) -> None:
    work = run(cast, f"test: {{script: [x], environment: {environment}}}")
    assert work.variables["CI_ENVIRONMENT_TIER"] == tier


def test_an_environments_name_may_be_written_with_variables(cast: Cast) -> None:
    keep(cast, value="there", environment_scope="review/main")
    work = run(cast, "a: {script: [x], environment: {name: review/$CI_COMMIT_REF_NAME}}")
    assert work.variables["CI_ENVIRONMENT_NAME"] == "review/main"
    assert work.variables["CI_ENVIRONMENT_SLUG"] == "review-main-yi2y9f"
    assert work.variables["KEY"] == "there"


def test_rules_see_stored_variables(cast: Cast) -> None:
    keep(cast, "WANTED", "yes")
    rule = "{script: [x], rules: [{if: $WANTED == 'yes'}]}"
    pipeline = runners.pipeline(cast.app, cast.developer, f"a: {rule}\nb: {{script: [x]}}")
    assert {job.name for job in pipeline.jobs.all()} == {"a", "b"}
    update_variable(pipeline.project.ci_variables.get(), by=cast.maintainer, value="no")
    pipeline = runners.pipeline(cast.app, cast.developer, f"a: {rule}\nb: {{script: [x]}}")
    assert {job.name for job in pipeline.jobs.all()} == {"b"}


def test_references_are_filled_in(cast: Cast) -> None:
    keep(cast, "HOST", "db.example.org")
    yaml = 'variables: {URL: "https://$HOST/${CI_PROJECT_NAME}/$NOBODY", RAW: {value: $HOST, expand: false}}'
    work = run(cast, f"{yaml}\n{runners.SIMPLE}")
    assert work.variables["URL"] == "https://db.example.org/app/$NOBODY"
    assert work.variables["RAW"] == "$HOST"


def test_references_are_filled_in_however_they_are_written(cast: Cast) -> None:
    work = run(cast, text_of("variables-percent"))
    assert work.variables["TEXT"] == "hello world"


def test_masked_values_are_hidden_in_the_log_byte_for_byte(cast: Cast) -> None:
    keep(cast, value="pässwört-of-db", masked=True, raw=True)
    work = run(cast)
    log = "password=pässwört-of-db!\n".encode()
    assert work.log(log[:14]).status_code == 202  # cut in the middle of the value
    answer = work.log(log[14:])
    assert (answer.status_code, answer.headers["Range"]) == (202, f"0-{len(log)}")
    kept = Job.objects.get(pk=work.id).trace_path.read_bytes()
    assert len(kept) == len(log)
    assert kept == b"password=" + b"x" * len("pässwört-of-db".encode()) + b"!\n"


def test_a_value_whose_key_is_gone_fails_the_job_and_not_the_runner(cast: Cast) -> None:
    keep(cast)
    pipeline = runners.pipeline(cast.app, cast.developer)
    cast.app.ci_variables.update(sealed="gAAAAAB-unreadable")
    assert runners.runner(cast.app).poll().status_code == 204  # the job has failed; there is no other
    assert pipeline.jobs.get().failure_reason == "data_integrity_failure"
    with pytest.raises(PipelineRefused, match="cannot be read"):
        runners.pipeline(cast.app, cast.developer)


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("scope", "environment", "does"),
    [
        ("*", "", True),
        ("*", "production", True),
        ("production", "production", True),
        ("production", "", False),
        ("prod", "production", False),
        ("review/*", "review/a/b", True),
        ("review/*", "review", False),
        ("*/eu", "prod/eu", True),
        ("a.b", "aXb", False),
        ("*a" * 60 + "*b", "a" * 255, False),  # must not take for ever
    ],
)
def test_which_environment_a_scope_covers(scope: str, environment: str, does: bool) -> None:
    assert scope_covers(scope, environment) is does


def test_a_circle_of_references_stays_as_it_is_written() -> None:
    circle = [Variable("A", "$B"), Variable("B", "${A}"), Variable("C", "$D"), Variable("D", "d")]
    assert expand_all(circle) == circle
    assert values_by_key(expand_all([Variable("PATH", "$PATH:/x")])) == {"PATH": "$PATH:/x"}


def test_values_that_double_and_double_do_not_grow_without_end() -> None:
    doubling = [Variable("V0", "x" * 100), *(Variable(f"V{n}", f"$V{n - 1}" * 2) for n in range(1, 60))]
    assert sum(len(one.value) for one in expand_all(doubling)) < 3 * 1024 * 1024


def test_a_files_content_is_not_poured_into_other_values() -> None:
    found = expand_all([Variable("KEY", "content", file=True), Variable("USES", "$KEY")])
    assert values_by_key(found)["USES"] == "$KEY"


@pytest.mark.parametrize(
    ("committed", "expected"),
    [
        ("2026-01-31T16:47:55.000+00:00", "2026-01-31T16:47:55Z"),
        ("2026-01-31T16:47:55.000+01:00", "2026-01-31T16:47:55+01:00"),
    ],
)
def test_the_time_of_the_commit_is_in_whole_seconds(cast: Cast, committed: str, expected: str) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer)
    Pipeline.objects.update(commit={**pipeline.commit, "committed_date": committed})
    assert runners.runner(cast.app).work().variables["CI_COMMIT_TIMESTAMP"] == expected
