"""python-gitlab, unchanged: CI variables, schedules and bridges."""

from __future__ import annotations

from typing import Any

import pytest
from gitlab.exceptions import GitlabCreateError, GitlabDeleteError, GitlabGetError

from tests.contract.conftest import Connect
from tests.contract.world import World


@pytest.fixture
def app(world: World, connect: Connect) -> Any:
    world.commit(world.app, {".gitlab-ci.yml": "test: {script: [make test]}"})
    return connect(world.maintainer).projects.get(world.app.path)


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


def test_variables_of_every_kind_of_place(world: World, app: Any, connect: Connect):
    admin = connect()
    try_out(app.variables, "OF_PROJECT")
    try_out(admin.groups.get(world.app.path.split("/")[0]).variables, "OF_GROUP")
    try_out(admin.variables, "OF_INSTANCE")


def test_a_hidden_variable_is_never_shown_again(world: World, app: Any, connect: Connect):
    admin = connect()
    key = f"HIDDEN_{world.number}"
    for variables in (app.variables, admin.groups.get(world.group.id).variables, admin.variables):
        made = variables.create({"key": key, "value": "secret-value", "masked_and_hidden": True})
        assert (made.value, made.masked, made.hidden) == (None, True, True)
        assert variables.get(key).value is None
        made.description = "changed"
        made.save()
        assert [one.value for one in variables.list(get_all=True) if one.key == key] == [None]
        with pytest.raises(GitlabCreateError) as short:
            variables.create({"key": "SHORT", "value": "x", "masked_and_hidden": True})
        assert short.value.response_code == 400
        made.delete()
        with pytest.raises(GitlabDeleteError, match="404"):
            made.delete()


def test_a_variable_is_a_file_raw_protected_and_described(world: World, app: Any, connect: Connect):
    admin = connect()
    form = {"variable_type": "file", "raw": True, "protected": True, "description": "What it is for"}
    for variables in (app.variables, admin.groups.get(world.group.id).variables, admin.variables):
        made = variables.create({"key": f"FORM_{world.number}", "value": "$NOT_EXPANDED", **form})
        assert {name: getattr(variables.get(made.key), name) for name in form} == form
        made.delete()


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
