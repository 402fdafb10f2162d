"""Environments whose time is over, or whose branch is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from jobs.environments import auto_stop
from jobs.environments.stopping import stop_environment
from jobs.models import Environment, Job
from projects import services as project_services
from projects.models import Membership, Project, RefKind
from projects.repository import Repository
from tests.factories import runners
from tests.factories.cast import Cast
from tests.factories.environments import REVIEW, again, deploy, deployed_from_topic
from tests.factories.people import person
from tokenaccess.policy.levels import Role


def late() -> int:
    return auto_stop.stop_due_environments(timezone.now() + timedelta(days=3))


def test_another_machine_may_have_stopped_the_environment_already(cast: Cast) -> None:
    _, runner = deploy(cast)
    seen = Environment.objects.select_related("project").get()
    assert late() == 1
    assert not auto_stop._stop_due(seen, timezone.now() + timedelta(days=3))
    assert runner.take() is not None
    assert runner.take() is None


def test_an_environment_that_was_deployed_to_meanwhile_stays(cast: Cast) -> None:
    environment, _ = deploy(cast)
    then = timezone.now() + timedelta(days=3)
    seen = Environment.objects.select_related("project").get()
    Environment.objects.update(auto_stop_at=then + timedelta(days=2))
    assert not auto_stop._stop_due(seen, then)
    assert again(environment).state == "available"


def block(cast: Cast) -> None:
    cast.developer.is_active = False
    cast.developer.save()


def gone(cast: Cast) -> None:
    Job.objects.update(user=None)


def remove(cast: Cast) -> None:
    project_services.remove_member(Membership.objects.get(user=cast.developer, project=cast.app), by=cast.owner)


def kept_out(cast: Cast) -> None:
    cast.app.protected_refs.update(push_level=Role.MAINTAINER, merge_level=Role.MAINTAINER)


@pytest.mark.parametrize(
    ("happens", "problem"),
    [
        (block, "developer, as whom it would be stopped, is blocked."),
        (gone, "The account it would be stopped as is gone."),
        (remove, "developer, as whom it would be stopped, may not stop environments here any longer."),
        (kept_out, "developer, as whom it would be stopped, may not run jobs on the protected ref it came from."),
    ],
)
def test_nothing_runs_with_rights_that_are_nobodys_any_longer(cast: Cast, happens: Any, problem: str) -> None:
    environment, runner = deploy(cast)
    happens(cast)
    assert late() == 0
    assert runner.take() is None
    assert (again(environment).state, environment.problem) == ("available", problem)
    assert environment.auto_stop_at is not None  # its time is not over by today's clock
    assert problem in AuditEvent.objects.get(event="environment_not_stopped").message


def test_what_could_not_be_stopped_is_not_tried_for_ever(cast: Cast) -> None:
    environment, _ = deploy(cast)
    Environment.objects.update(auto_stop_at=timezone.now() - timedelta(minutes=1))
    block(cast)
    auto_stop.stop_due_environments(timezone.now())
    auto_stop.stop_due_environments(timezone.now())
    assert again(environment).auto_stop_at is None
    assert AuditEvent.objects.filter(event="environment_not_stopped").count() == 1


def test_an_environment_that_fails_keeps_no_other_from_being_stopped(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(cast, "a: {script: [x], environment: {name: a, auto_stop_in: 1 day}}")
    Environment.objects.create(project=cast.app, name="b", slug="b", auto_stop_at=timezone.now())

    def fails_for_b(one: Environment, **more: Any) -> bool:
        if one.name == "b":
            raise RuntimeError
        return stop_environment(one, **more)

    monkeypatch.setattr(auto_stop, "stop_environment", fails_for_b)
    assert late() == 1
    assert Environment.objects.get(name="a").state == "stopped"


def test_an_environment_without_a_stop_job_ends_with_its_time_whoever_it_was(cast: Cast) -> None:
    environment, _ = deploy(cast, "a: {script: [x], environment: {name: a, auto_stop_in: 1 day}}")
    block(cast)
    assert late() == 1
    assert again(environment).state == "stopped"


# --- A branch is gone -------------------------------------------------------------------------------------------------


def delete_branch(project: Project, user: Any, name: str = "topic") -> None:
    sha = Repository(project.repository_path).branch(name)
    auto_stop.stop_for_branch(
        project=project, ref=f"refs/heads/{name}", old=str(sha and sha.sha), new="0" * 40, user=user
    )


def test_what_a_deleted_branch_has_deployed_is_stopped_as_who_deployed_it(cast: Cast) -> None:
    """Not as who deletes it: they would run what somebody else wrote, with their own rights, and not know."""
    environment, runner = deployed_from_topic(cast)
    delete_branch(cast.app, cast.maintainer)
    assert again(environment).state == "stopping"
    assert runner.work().variables["GITLAB_USER_LOGIN"] == "developer"
    assert AuditEvent.objects.get(event="environment_stopped").actor_name == "maintainer"


def test_who_may_not_run_on_a_branch_stops_nothing_by_deleting_it(cast: Cast) -> None:
    environment, runner = deployed_from_topic(cast)
    Job.objects.update(user=cast.maintainer)
    project_services.protect(cast.app, kind=RefKind.BRANCH, name="top*", by=cast.maintainer)
    delete_branch(cast.app, cast.developer)
    assert (again(environment).state, runner.take()) == ("available", None)
    assert environment.problem.startswith("developer, who wanted it stopped, may not run jobs on the protected ref")


def test_environments_of_another_branch_stay(cast: Cast) -> None:
    environment, _ = deployed_from_topic(cast)
    delete_branch(cast.app, cast.maintainer, "main")
    auto_stop.stop_for_branch(project=cast.app, ref="refs/tags/topic", old="1" * 40, new="0" * 40, user=cast.maintainer)
    auto_stop.stop_for_branch(
        project=cast.app, ref="refs/heads/topic", old="1" * 40, new="2" * 40, user=cast.maintainer
    )
    assert again(environment).state == "available"


def test_what_came_from_somewhere_else_since_stays(cast: Cast) -> None:
    runners.push_file(cast.app, REVIEW)
    environment, runner = deployed_from_topic(cast)
    runners.pipeline(cast.app, cast.developer, REVIEW.replace("review/$CI_COMMIT_REF_NAME", "review/topic"))
    runner.work().succeed()
    delete_branch(cast.app, cast.maintainer)
    assert again(environment).state == "available"


def test_a_branch_deleted_by_who_may_not_stop_leaves_a_problem_at_its_environment(cast: Cast) -> None:
    environment, runner = deployed_from_topic(cast)
    until = environment.auto_stop_at
    delete_branch(cast.app, person("passer_by"))
    assert (again(environment).state, environment.auto_stop_at) == ("available", until)
    assert environment.problem.startswith("passer_by, who wanted it stopped, may not")
    assert runner.take() is None
