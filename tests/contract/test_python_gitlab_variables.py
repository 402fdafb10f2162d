"""python-gitlab, unchanged: CI variables, schedules and bridges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gitlab
import pytest
from gitlab.exceptions import GitlabCreateError, GitlabGetError

from tests.contract.world import World
from tests.support.server import ADMIN_TOKEN


@pytest.fixture
def connect(world: World) -> Iterator[Any]:
    open_clients: list[gitlab.Gitlab] = []

    def start(token: str = ADMIN_TOKEN) -> Any:
        open_clients.append(gitlab.Gitlab(world.live.url, private_token=token, retry_transient_errors=False))
        return open_clients[-1]

    yield start
    for client in open_clients:
        client.session.close()


@pytest.fixture
def app(world: World, connect: Any) -> Any:
    world.commit(world.app, {".gitlab-ci.yml": "test: {script: [make test]}"})
    return connect(world.maintainer.token).projects.get(world.app.path)


def try_out(variables: Any, key: str) -> None:
    made = variables.create({"key": key, "value": "one-value", "masked": True})
    assert (made.value, made.masked, made.variable_type) == ("one-value", True, "env_var")
    made.value = "other-value"
    made.save()
    assert variables.get(key).value == "other-value"
    assert key in [one.key for one in variables.list(get_all=True)]
    made.delete()
    with pytest.raises(GitlabGetError, match="404"):
        variables.get(key)


def test_variables_of_every_kind_of_place(world: World, app: Any, connect: Any):
    admin = connect()
    try_out(app.variables, "OF_PROJECT")
    try_out(admin.groups.get(world.app.path.split("/")[0]).variables, "OF_GROUP")
    try_out(admin.variables, "OF_INSTANCE")


def test_python_gitlab_keeps_one_key_for_several_environments(app: Any):
    for scope in ("*", "production"):
        app.variables.create({"key": "SCOPED", "value": scope, "environment_scope": scope})
    chosen = app.variables.get("SCOPED", filter={"environment_scope": "production"})
    assert chosen.value == "production"
    app.variables.update("SCOPED", {"value": "new", "filter": {"environment_scope": "production"}})
    assert app.variables.get("SCOPED", filter={"environment_scope": "production"}).value == "new"
    app.variables.delete("SCOPED", filter={"environment_scope": "production"})
    assert app.variables.get("SCOPED").value == "*"
    with pytest.raises(GitlabCreateError, match="has already been taken"):
        app.variables.create({"key": "SCOPED", "value": "again"})
    app.variables.delete("SCOPED")


def test_schedules_are_made_changed_played_and_deleted(app: Any):
    made = app.pipelineschedules.create({"ref": "main", "description": "Nightly", "cron": "0 3 * * *"})
    made.cron_timezone = "Europe/Berlin"
    made.save()
    made.variables.create({"key": "WHY", "value": "clock"})
    schedule = app.pipelineschedules.get(made.id)
    assert schedule.cron_timezone == "Europe/Berlin"
    assert [one["key"] for one in schedule.attributes["variables"]] == ["WHY"]
    schedule.take_ownership()
    schedule.play()  # the client forgets what it holds
    schedule = app.pipelineschedules.get(made.id)
    started = schedule.pipelines.list(get_all=True)
    assert [one.source for one in started] == ["schedule"]
    assert list(app.pipelines.get(started[0].id).bridges.list(get_all=True)) == []
    schedule.delete()
    assert app.pipelineschedules.list(get_all=True) == []
