"""A push makes a pipeline."""

from __future__ import annotations

from typing import Any

import pygit2
import pytest
from django.test import Client

from jobs.models import Job, Pipeline
from jobs.pipelines import pushes
from jobs.pipelines.services import start_for_push
from projects.extensions.events import NULL_SHA, Push, RefChange, announce_push, announce_whole_push
from projects.repository import Repository
from tests.factories import runners
from tests.factories.cast import Cast
from tests.factories.projects import commit
from tokenaccess.allowlist.services import change_instance_settings


def push(cast: Cast, yaml: str = runners.SIMPLE, message: str = "Change", ref: str = "refs/heads/main") -> str:
    sha = runners.push_file(cast.app, yaml, message)
    announce_push(project=cast.app, ref=ref, old=NULL_SHA, new=sha, user=cast.developer)
    return sha


def test_a_push_to_a_branch_makes_a_pipeline(cast: Cast) -> None:
    sha = push(cast)
    pipeline = Pipeline.objects.get()
    assert (pipeline.sha, pipeline.ref, pipeline.source, pipeline.tag) == (sha, "main", "push", False)
    assert pipeline.user == cast.developer
    assert pipeline.protected


def test_a_pushed_tag_makes_a_pipeline(cast: Cast) -> None:
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
    announce_push(project=cast.app, ref="refs/tags/v2.0", old=NULL_SHA, new=new, user=cast.developer)
    pipeline = Pipeline.objects.get()
    assert (pipeline.sha, pipeline.ref, pipeline.tag) == (sha, "v2.0", True)


def test_a_tag_of_a_file_makes_none(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    file = pygit2.Repository(cast.app.repository_path).create_blob(b"key")
    new = tag_object(cast, "key", file, pygit2.enums.ObjectType.BLOB)
    announce_push(project=cast.app, ref="refs/tags/key", old=NULL_SHA, new=new, user=cast.developer)
    assert not Pipeline.objects.exists()
    assert not caplog.records


@pytest.mark.one_case
@pytest.mark.parametrize("message", ["Fix [ci skip]", "[skip ci] Fix", "Fix\n\n[CI-SKIP]"])
def test_a_commit_that_asks_for_it_is_skipped(cast: Cast, message: str) -> None:
    push(cast, message=message)
    assert Pipeline.objects.get().status == "skipped"
    assert Job.objects.get().status == "skipped"
    assert runners.runner(cast.app).take() is None


@pytest.mark.one_case
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


@pytest.mark.parametrize("mistake", ["", "no_such: 1\n"])
def test_warnings_are_kept_and_shown_on_the_page_of_the_pipeline(cast: Cast, mistake: str) -> None:
    push(cast, f"variables: {{MODE: 0755}}\ntest: {{script: [x]}}\n{mistake}")
    pipeline = Pipeline.objects.get()
    assert pipeline.yaml_warnings.startswith("Line 1: “0755” without quotes is read as the number “493”")
    client = Client()
    client.force_login(cast.developer)
    shown = client.get(f"/acme/app/-/pipelines/{pipeline.pk}").content.decode()
    assert "“0755” without quotes is read as the number “493”" in shown


def test_a_commit_without_a_file_makes_none(cast: Cast) -> None:
    sha = commit(cast.app, {"README.md": "hello"})
    announce_push(project=cast.app, ref="refs/heads/main", old=NULL_SHA, new=sha, user=cast.developer)
    assert not Pipeline.objects.exists()


def test_a_deleted_branch_makes_none(cast: Cast) -> None:
    announce_push(project=cast.app, ref="refs/heads/main", old="1" * 40, new=NULL_SHA, user=cast.developer)
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
    announce_push(project=cast.app, ref="refs/heads/main", old=NULL_SHA, new=sha, user=cast.developer)
    assert Job.objects.get().name == "elsewhere"


def test_a_message_of_odd_bytes_breaks_nothing(cast: Cast) -> None:
    push(cast, message="caf\u00e9 $CI_JOB_TOKEN \u0001 " + "x" * 200_000)
    work = runners.runner(cast.app).work()
    assert work.variable("CI_COMMIT_MESSAGE")["raw"] is True
    assert work.variables["CI_COMMIT_MESSAGE_IS_TRUNCATED"] == "true"


# --- Many refs, and options -------------------------------------------------------------------------------------------


def push_refs(cast: Cast, *refs: str, options: list[str] | None = None) -> Push:
    sha = runners.push_file(cast.app, runners.SIMPLE)
    push = Push(cast.app, cast.developer, [RefChange(ref, NULL_SHA, sha) for ref in refs], options or [])
    announce_whole_push(push)
    return push


def test_branches_come_before_tags_and_the_pusher_sees_the_rest(cast: Cast) -> None:
    push = push_refs(cast, *[f"refs/tags/v{number}" for number in range(4)], "refs/heads/main", "refs/heads/x/y")
    assert [one.ref for one in Pipeline.objects.order_by("pk")] == ["main", "x/y", "v0", "v1"]
    assert push.notices == ["A push starts 4 pipelines at most. None was started for v2, v3."]


def test_the_limit_counts_pipelines_not_refs(cast: Cast) -> None:
    change_instance_settings(by=cast.admin, git_push_pipeline_limit=1)
    push = push_refs(cast, "refs/notes/one", "refs/heads/main", "refs/pipelines/2", "refs/heads/other")
    assert push.notices == ["A push starts 1 pipeline at most. None was started for other."]


def test_a_pipeline_that_fails_to_start_keeps_no_other_from_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def start(**what: Any) -> Any:
        if what["ref"] == "refs/heads/main":
            raise RuntimeError("no")
        return start_for_push(**what)

    monkeypatch.setattr(pushes, "start_for_push", start)
    push_refs(cast, "refs/heads/main", "refs/heads/other")
    assert Pipeline.objects.get().ref == "other"
    assert "After a push to acme/app (refs/heads/main) no pipeline could be started" in caplog.text


def test_options_of_a_push_skip_the_pipeline_and_give_it_variables(cast: Cast) -> None:
    push = push_refs(cast, "refs/heads/main", options=["ci.skip", "ci.variable=A=1", "ci.variable=A=b=c"])
    pipeline = Pipeline.objects.get()
    assert (pipeline.status, push.notices) == ("skipped", [])
    assert pipeline.variables == [{"key": "A", "value": "b=c", "variable_type": "env_var"}]


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("option", "notice"),
    [
        ("ci.variable", "ci.variable is no variable: write -o ci.variable=NAME=value."),
        ("ci.variable==x", "ci.variable==x is no variable"),
        ("mr.create", "Push options without effect here: mr.create."),
        ("\x1b[31mred=x", "Push options without effect here: ?[31mred."),
        ("o" * 1000, f"Push options without effect here: {'o' * 60}…."),
        ("", "Push options without effect here: ."),
    ],
)
def test_an_option_without_effect_is_named(cast: Cast, option: str, notice: str) -> None:
    (message,) = push_refs(cast, "refs/heads/main", options=[option]).notices
    assert message.startswith(notice)
    assert Pipeline.objects.get().variables == []
