"""Jobs that make web sites, and jobs that make releases."""

import pytest

from tests.support.ci_file import job_of, warnings_in

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("job", "folder"),
    [
        ("pages: {script: x}", "public"),
        ("site: {script: x, pages: true}", "public"),
        ("site: {script: x, pages: {}}", "public"),
        ("site: {script: x, pages: {publish: dist, path_prefix: '', expire_in: 1 week}}", "dist"),
        ("site: {script: x, pages: true, publish: dist}", "dist"),
        ("pages: {script: x, publish: dist}", "dist"),
        ("pages: {script: x, pages: {path_prefix: $CI_COMMIT_REF_SLUG}}", "public"),
    ],
)
def test_a_job_that_makes_a_site_keeps_its_folder(job: str, folder: str):
    made = job_of(job)
    assert made.pages == {"publish": folder}
    assert made.artifacts == {"paths": [folder]}
    (warning,) = warnings_in(job)
    assert warning.startswith("Line 1, job ")
    assert "nothing is published: there is no domain here for pages" in warning


@pytest.mark.parametrize("job", ["pages: {script: x, pages: false}", "site: {script: x}", "pages: {trigger: g/p}"])
def test_other_jobs_are_left_alone(job: str):
    assert (job_of(job).pages, job_of(job).artifacts) == (None, None)
    assert not warnings_in(job)


def test_the_folder_joins_the_artifacts_that_the_job_has_already():
    for paths, after in (
        ("[log, public/]", ["log", "public/"]),
        ("[log]", ["log", "public"]),
        ("[./public]", ["./public"]),
    ):
        artifacts = job_of(f"pages: {{script: x, artifacts: {{paths: {paths}, expire_in: 1 day}}}}").artifacts
        assert artifacts == {"paths": after, "expire_in": "1 day"}


def test_the_folder_joins_inherited_artifacts_of_this_job_alone():
    text = "default: {artifacts: {paths: [log]}}\npages: {script: x}\nother: {script: x}"
    assert [warnings for warnings in warnings_in(text) if "other" in warnings] == []
    assert job_of(text.replace("other: {script: x}", "")).artifacts == {"paths": ["log", "public"]}


def test_a_release_is_kept_as_written():
    release = job_of(
        """
        job:
          script: x
          release:
            tag_name: $CI_COMMIT_TAG
            tag_message: ''
            name: Release $CI_COMMIT_TAG
            description: notes.txt
            ref: $CI_COMMIT_SHA
            released_at: '2027-01-31T12:00:00Z'
            assets: {links: [{name: a, url: 'https://example.org/a', filepath: /a, link_type: package}]}
        """
    ).release
    assert release == {
        "tag_name": "$CI_COMMIT_TAG",
        "tag_message": "",
        "name": "Release $CI_COMMIT_TAG",
        "description": "notes.txt",
        "ref": "$CI_COMMIT_SHA",
        "released_at": "2027-01-31T12:00:00Z",
        "assets": {"links": [{"name": "a", "url": "https://example.org/a", "filepath": "/a", "link_type": "package"}]},
    }


@pytest.mark.parametrize("milestones", ["m1", "[m1, m2]"])
def test_milestones_of_a_release_are_left_out_with_a_warning(milestones: str):
    (warning,) = warnings_in(f"job:\n  script: x\n  release: {{tag_name: a, description: b, milestones: {milestones}}}")
    assert warning.startswith("Line 3, job “job”, keyword “release:milestones”: there are no milestones here")


def test_what_an_environment_says_of_a_cluster_has_no_effect_but_a_warning():
    text = "job: {script: x, environment: {name: a, kubernetes: {agent: 'g/p:main', dashboard: {namespace: b}}}}"
    (warning,) = warnings_in(text)
    assert "keyword “environment:kubernetes”: there are no agents for Kubernetes here" in warning


def test_hooks_and_confirmations_are_passed_on():
    job = job_of("default: {hooks: {pre_get_sources_script: [a, [b]]}}\njob: {script: x, manual_confirmation: Sure?}")
    assert (job.hooks, job.manual_confirmation) == ({"pre_get_sources_script": ["a", "b"]}, "Sure?")
