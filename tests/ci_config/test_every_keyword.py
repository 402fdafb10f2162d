"""Every keyword that a `.gitlab-ci.yml` may hold, by the path to it: it works, or a warning or an error names it."""

from __future__ import annotations

from typing import Any

import pytest

import ci_config
from ci_config.keywords.artifacts import FILE_REPORTS
from jobs.artifacts.types import FORMATS

pytestmark = pytest.mark.pure
LINE = 3  # where a snippet has the keyword that it is about

# At the top of a file, below a job.
TOP = {
    "after_script": "after_script: [x]",
    "before_script": "before_script: [x]",
    "cache": "cache: {paths: [a]}",
    "image": "image: a",
    "services": "services: [a]",
    "stages": "stages: [build, test]",
    "variables": "variables: {A: 1}",
    "variables:description": "variables: {A: {description: a}}",
    "variables:expand": "variables: {A: {value: a, expand: false}}",
    "variables:options": "variables: {A: {value: a, options: [a]}}",
    "workflow:auto_cancel": "workflow: {auto_cancel: {on_job_failure: all, on_new_commit: none}}",
    "workflow:name": "workflow: {name: a}",
    "workflow:rules": "workflow: {rules: [{if: $CI, when: always, variables: {A: b}, auto_cancel: {}}]}",
    "include:local": "include: {local: a.yml, rules: [{exists: [a], when: never}, {changes: [a]}], inputs: {}}",
    "include:project": "include: {project: g/p, ref: main, file: [a.yml]}",
    "include:component": "include: {component: host/g/p/a@1}",
    "include:template": "include: {template: A.yml}",
    "include:remote": f"include: {{remote: 'https://a.b/c.yml', integrity: sha256-{'A' * 43}=}}",
}
# In `default`.
DEFAULT = {
    "after_script": "[x]",
    "artifacts": "{paths: [a]}",
    "before_script": "[x]",
    "cache": "[{paths: [a]}]",
    "hooks": "{pre_get_sources_script: x}",
    "id_tokens": "{A: {aud: b}}",
    "image": "a",
    "interruptible": "true",
    "retry": "1",
    "services": "[a]",
    "tags": "[a]",
    "timeout": "1h",
}
# In a job that has a script.
JOB = {
    "allow_failure": "{exit_codes: [1]}",
    "artifacts:access": "{paths: [a], access: maintainer}",
    "artifacts:exclude": "{paths: [a], exclude: [b]}",
    "artifacts:expire_in": "{paths: [a], expire_in: never}",
    "artifacts:expose_as": "{paths: [a], expose_as: b}",
    "artifacts:name": "{paths: [a], name: $CI_JOB_NAME}",
    "artifacts:public": "{paths: [a], public: false}",
    "artifacts:untracked": "{untracked: true}",
    "artifacts:when": "{paths: [a], when: always}",
    "cache:fallback_keys": "{key: a, paths: [a], fallback_keys: [b]}",
    "cache:key": "{key: {files: [a], prefix: b}, paths: [a]}",
    "cache:policy": "{policy: $P, paths: [a]}",
    "cache:unprotect": "{unprotect: true, untracked: true, when: always}",
    "coverage": "'/a(.)/'",
    "dependencies": "[]",
    "environment": "{name: a, url: 'https://a.b', action: start, auto_stop_in: 1 day, deployment_tier: other}",
    "except": "{refs: [tags], variables: [$A], kubernetes: active}",
    "extends": ".base",
    "hooks": "{pre_get_sources_script: [x]}",
    "id_tokens": "{A: {aud: [b]}}",
    "image:docker": "{name: a, docker: {platform: b, user: c}, entrypoint: [''], pull_policy: [always]}",
    "image:kubernetes": "{name: a, kubernetes: {user: '1001'}}",
    "inherit": "{default: [image], variables: [A]}",
    "interruptible": "true",
    "manual_confirmation": "Sure?",
    "needs": "[{job: other, artifacts: false, optional: true}]",
    "needs:pipeline": "[{pipeline: $P, job: a}]",
    "needs:project": "[{project: g/p, ref: main, job: a}]",
    "only": "[main, api, /^v/]",
    "parallel": "{matrix: [{A: [b, c]}]}",
    "release": "{tag_name: a, tag_message: b, name: c, description: d, ref: e, released_at: '2027-01-31T12:00:00Z'}",
    "release:assets": "{tag_name: a, description: b, assets: {links: [{name: c, url: d, filepath: /e}]}}",
    "resource_group": "a",
    "retry": "{max: 1, when: [script_failure, runner_provisioning_timeout], exit_codes: 3}",
    "rules": "[{if: $CI, changes: {paths: [a], compare_to: main}, allow_failure: true, needs: []}]",
    "rules:exists": "[{exists: {paths: [a], project: g/p, ref: main}, variables: {A: b}}]",
    "rules:start_in": "[{when: delayed, start_in: 1 hour}]",
    "services": "[{name: a, alias: b, command: [c], variables: {A: b}, docker: {user: c}, pull_policy: never}]",
    "stage": "test",
    "tags": "[a]",
    "timeout": "1h 30m",
    "variables": "{A: {value: b, expand: false}}",
    "when": "manual",
}
TRIGGER = {
    "trigger:branch": "{project: g/p, branch: main}",
    "trigger:forward": "{project: g/p, forward: {yaml_variables: false, pipeline_variables: true}}",
    "trigger:include": "{include: [{local: a.yml, inputs: {a: 1}}, {artifact: b.yml, job: other}]}",
    "trigger:inputs": "{project: g/p, inputs: {a: 1}}",
    "trigger:strategy": "{project: g/p, strategy: mirror}",
}
WARNED = {
    "cache:key:files_commits": "cache: {key: {files_commits: [a]}, paths: [a]}",
    "environment:kubernetes": "environment: {name: a, kubernetes: {agent: 'g/p:a', namespace: b}}",
    "pages": "pages: {publish: a, path_prefix: b, expire_in: never}",
    "release:milestones": "release: {tag_name: a, description: b, milestones: [c]}",
}
REFUSED = {
    "dast_configuration": "dast_configuration: {site_profile: a}",
    "identity": "identity: google_cloud",
    "inputs": "inputs: {a: {default: b}}",
    "run": "run: [{name: a, script: b}]",
    "secrets:A:aws_secrets_manager": "secrets: {A: {aws_secrets_manager: b}}",
    "secrets:A:azure_key_vault": "secrets: {A: {azure_key_vault: {name: b}}}",
    "secrets:A:gcp_secret_manager": "secrets: {A: {gcp_secret_manager: {name: b}, token: $T}}",
    "secrets:A:gitlab_secrets_manager": "secrets: {A: {gitlab_secrets_manager: {name: b}}}",
    "secrets:A:vault": "secrets: {A: {vault: b/c@d}}",
}
SOURCES: dict[str, Any] = {
    "read_local": lambda path: "{}",
    "read_project": lambda project, ref, path: "{}",
    "read_remote": lambda url, integrity: "{}",
    "find_component": lambda address: ci_config.ComponentFile("g/p", "1" * 40, "templates/a.yml", "a", None, "1"),
    "find_template": lambda name: ("g/p", "", name),
    "list_project_files": lambda project, ref: ["a"],
    "list_files": lambda: ["a"],
    "changed_files": lambda ref: ["a"],
}


def compile_text(text: str) -> ci_config.CompiledPipeline:
    return ci_config.compile(text, predefined={"CI": "true", "CI_COMMIT_BRANCH": "main"}, **SOURCES)


def job(text: str) -> str:
    return f"job:\n  script: x\n  {text}\nother: {{script: x, stage: build}}\n.base: {{script: y}}"


@pytest.mark.parametrize("keyword", TOP)
def test_every_keyword_works_at_the_top(keyword: str):
    result = compile_text(f"job: {{script: x}}\n\n{TOP[keyword]}")
    assert (len(result.jobs), result.warnings) == (1, ())


@pytest.mark.parametrize("keyword", DEFAULT)
def test_every_keyword_works_as_a_default(keyword: str):
    result = compile_text(f"job: {{script: x}}\ndefault:\n  {keyword}: {DEFAULT[keyword]}")
    assert (len(result.jobs), result.warnings) == (1, ())


@pytest.mark.parametrize("keyword", JOB)
def test_every_keyword_works_in_a_job(keyword: str):
    result = compile_text(job(f"{keyword.partition(':')[0]}: {JOB[keyword]}"))
    assert "job" in {each.group for each in result.jobs}
    assert result.warnings == ()


@pytest.mark.parametrize("keyword", TRIGGER)
def test_every_keyword_works_in_a_trigger(keyword: str):
    (made,) = compile_text(f"job: {{trigger: {TRIGGER[keyword]}}}").jobs
    assert made.trigger is not None


@pytest.mark.parametrize("report", FILE_REPORTS)
def test_every_report_is_taken_and_uploaded(report: str):
    (made,) = [
        each for each in compile_text(job(f"artifacts: {{reports: {{{report}: a}}}}")).jobs if each.name == "job"
    ]
    assert made.artifacts == {"reports": {report: ["a"]}}
    assert report in FORMATS


@pytest.mark.parametrize("keyword", WARNED)
def test_what_has_less_effect_is_named_in_a_warning(keyword: str):
    (warning,) = compile_text(job(WARNED[keyword])).warnings
    assert warning.startswith(f"Line {LINE}, job “job”, keyword “{keyword}”: ")


@pytest.mark.parametrize("keyword", REFUSED)
def test_what_has_no_effect_is_named_in_an_error(keyword: str):
    with pytest.raises(ci_config.ConfigError) as error:
        compile_text(job(REFUSED[keyword]))
    (message,) = error.value.messages
    assert message.startswith(f"Line {LINE}, job “job”, keyword “{keyword}”: ")
    assert any(instead in message for instead in ("`script`", "`variables`", "variable", "`trigger`", "`id_tokens`"))
