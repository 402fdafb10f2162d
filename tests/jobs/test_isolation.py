"""The warning about plain shells on shared machines: on Token Access and on a runner's page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from jobs.models import Runner
from projects.models import Group, Project
from tests.factories import runners
from tests.factories.cast import Cast
from tests.support.token_access import RULES, text

WARNING = "in a plain shell on a shared machine"


def token_access(cast: Cast) -> str:
    client = Client()
    client.force_login(cast.maintainer)
    return text(client.get(RULES))


def machine(place: Project | Group | None = None, executor: str = "shell") -> Runner:
    """A runner one machine of which has spoken."""
    runner = runners.runner(place)
    runner.info["executor"] = executor
    assert runner.verify().status_code == 200
    return Runner.objects.latest("id")


def test_token_access_warns_of_shells_that_other_projects_share(cast: Cast) -> None:
    machine(cast.acme)
    machine()
    machine(executor="docker")
    machine(cast.library)
    shown = token_access(cast)
    assert f"2 of 4 runners for this project run jobs {WARNING}" in shown
    assert "Show the 2 runners" in shown
    assert 'href="/acme/library/-/settings/ci_cd/runners"' in shown


def test_a_shell_of_its_own_and_isolated_executors_are_no_cause(cast: Cast) -> None:
    machine(cast.library)
    machine(cast.acme, executor="docker")
    machine(cast.app)
    runners.runner()  # has never spoken: nothing is known of it
    assert WARNING not in token_access(cast)


def test_a_projects_runner_that_serves_another_one_too_is_shared(cast: Cast) -> None:
    runner = machine(cast.library)
    runner.projects.add(cast.app)
    assert f"The only runner for this project runs jobs {WARNING}" in token_access(cast)


@pytest.mark.parametrize("change", ["paused", "not wanted"])
def test_runners_that_take_no_job_of_the_project_do_not_count(cast: Cast, change: str) -> None:
    runner = machine()
    assert WARNING in token_access(cast)
    if change == "paused":
        Runner.objects.filter(pk=runner.pk).update(paused=True)
    else:
        Project.objects.filter(pk=cast.library.pk).update(shared_runners_enabled=False)
    assert WARNING not in token_access(cast)


def test_the_runners_page_says_the_same(cast: Cast) -> None:
    shared, own, docker = machine(), machine(cast.library), machine(executor="docker")
    owner: Any = Client()
    owner.force_login(cast.admin)
    page = text(owner.get(f"/-/runners/{shared.pk}"))
    assert f"This runner runs jobs {WARNING}" in page
    assert "including job tokens" in page
    assert WARNING not in text(owner.get(f"/acme/library/-/settings/ci_cd/runners/{own.pk}"))
    assert WARNING not in text(owner.get(f"/-/runners/{docker.pk}"))
    assert text(owner.get("/-/runners")).count("Plain shell") == 2
