"""A push makes a pipeline."""

from __future__ import annotations

import pygit2
import pytest

from jobs.models import Job, Pipeline
from projects.events import NOTHING, pushed
from projects.repository import Repository
from tests.factories import runners
from tests.factories.cast import Cast
from tests.factories.projects import commit


def push(cast: Cast, yaml: str = runners.SIMPLE, message: str = "Change", ref: str = "refs/heads/main") -> str:
    sha = runners.push_file(cast.app, yaml, message)
    pushed(project=cast.app, ref=ref, old=NOTHING, new=sha, user=cast.developer)
    return sha


def test_a_push_to_a_branch_makes_a_pipeline(cast: Cast) -> None:
    sha = push(cast)
    pipeline = Pipeline.objects.get()
    assert (pipeline.sha, pipeline.ref, pipeline.source, pipeline.tag) == (sha, "main", "push", False)
    assert pipeline.user == cast.developer
    assert pipeline.protected


def test_a_tag_makes_one_too(cast: Cast) -> None:
    sha = push(cast, ref="refs/tags/v1.0")
    Repository(cast.app.repository_path).create_tag("v1.0", sha)
    pipeline = Pipeline.objects.get()
    assert (pipeline.ref, pipeline.tag) == ("v1.0", True)
    work = runners.runner(cast.app).work()
    assert work.variables["CI_COMMIT_TAG"] == "v1.0"
    assert "CI_COMMIT_BRANCH" not in work.variables
    assert work.payload["git_info"]["refspecs"][1:] == ["+refs/tags/v1.0:refs/tags/v1.0"]


def tag_object(cast: Cast, name: str, target: pygit2.Oid, kind: pygit2.enums.ObjectType) -> str:
    git = pygit2.Repository(cast.app.repository_path)
    return str(git.create_tag(name, target, kind, pygit2.Signature("Someone", "s@example.org"), "Release"))


def test_a_tag_with_a_message_makes_one_for_its_commit(cast: Cast) -> None:
    """What git reports as pushed is then the tag's own object, not the commit."""
    sha = runners.push_file(cast.app, runners.SIMPLE)
    new = tag_object(cast, "v2.0", pygit2.Oid(hex=sha), pygit2.enums.ObjectType.COMMIT)
    pushed(project=cast.app, ref="refs/tags/v2.0", old=NOTHING, new=new, user=cast.developer)
    pipeline = Pipeline.objects.get()
    assert (pipeline.sha, pipeline.ref, pipeline.tag) == (sha, "v2.0", True)


def test_a_tag_of_a_file_makes_none(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    file = pygit2.Repository(cast.app.repository_path).create_blob(b"key")
    new = tag_object(cast, "key", file, pygit2.enums.ObjectType.BLOB)
    pushed(project=cast.app, ref="refs/tags/key", old=NOTHING, new=new, user=cast.developer)
    assert not Pipeline.objects.exists()
    assert not caplog.records


@pytest.mark.parametrize("message", ["Fix [ci skip]", "[skip ci] Fix", "Fix\n\n[CI-SKIP]"])
def test_a_commit_that_asks_for_it_is_skipped(cast: Cast, message: str) -> None:
    push(cast, message=message)
    assert Pipeline.objects.get().status == "skipped"
    assert Job.objects.get().status == "skipped"
    assert runners.runner(cast.app).take() is None


@pytest.mark.parametrize(
    "yaml",
    [
        "test: {script: [x], no_such: 1}",
        "a: [",
        "just text",
        "\0",
        "- list",
        "stages: [a]\ntest: {stage: b, script: [x]}",
    ],
)
def test_mistakes_make_a_failed_pipeline_and_never_break_the_push(cast: Cast, yaml: str) -> None:
    push(cast, yaml)
    pipeline = Pipeline.objects.get()
    assert pipeline.status == "failed"
    assert pipeline.yaml_errors
    assert not pipeline.jobs.exists()


def test_a_commit_without_a_file_makes_none(cast: Cast) -> None:
    sha = commit(cast.app, {"README.md": "hello"})
    pushed(project=cast.app, ref="refs/heads/main", old=NOTHING, new=sha, user=cast.developer)
    assert not Pipeline.objects.exists()


def test_a_deleted_branch_makes_none(cast: Cast) -> None:
    pushed(project=cast.app, ref="refs/heads/main", old="1" * 40, new=NOTHING, user=cast.developer)
    assert not Pipeline.objects.exists()


def test_a_project_without_ci_makes_none(cast: Cast) -> None:
    cast.app.builds_access_level = 0
    cast.app.save()
    push(cast)
    assert not Pipeline.objects.exists()


def test_the_file_may_lie_elsewhere(cast: Cast) -> None:
    cast.app.ci_config_path = "ci/main.yml"
    cast.app.save()
    sha = commit(cast.app, {"ci/main.yml": "elsewhere: {script: [x]}"})
    pushed(project=cast.app, ref="refs/heads/main", old=NOTHING, new=sha, user=cast.developer)
    assert Job.objects.get().name == "elsewhere"


def test_a_message_of_odd_bytes_breaks_nothing(cast: Cast) -> None:
    push(cast, message="caf\u00e9 $CI_JOB_TOKEN \u0001 " + "x" * 200_000)
    work = runners.runner(cast.app).work()
    assert work.variable("CI_COMMIT_MESSAGE")["raw"] is True
    assert work.variables["CI_COMMIT_MESSAGE_IS_TRUNCATED"] == "true"
