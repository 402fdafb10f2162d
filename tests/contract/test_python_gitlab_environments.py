"""python-gitlab, unchanged, against the real server: environments and deployments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gitlab
import pytest
from gitlab.exceptions import GitlabError

from tests.contract.world import World
from tests.factories.environments import REVIEW


@pytest.fixture
def app(world: World) -> Iterator[Any]:
    """The app as its maintainer sees it, with a pipeline that deploys."""
    world.commit(world.app, {".gitlab-ci.yml": REVIEW})
    client = gitlab.Gitlab(world.live.url, private_token=world.maintainer.token, retry_transient_errors=False)
    yield client.projects.get(world.app.path)
    client.session.close()


def run(world: World, app: Any, runner_token: str, state: str = "success") -> str:
    """Runs the job whose turn it is; its name."""
    request = {"token": runner_token, "system_id": "s_contract", "info": {"features": {}}}
    work = world.live.call("POST", "/jobs/request", request, token=None, status=201).json
    world.live.call("PUT", f"/jobs/{work['id']}", {"token": work["token"], "state": state}, token=None)
    return str(work["job_info"]["name"])


def test_an_environment_is_deployed_to_found_and_stopped(world: World, app: Any) -> None:
    runner_token = world.live.make("/user/runners", runner_type="project_type", project_id=app.id)["token"]
    assert run(world, app, runner_token) == "deploy"
    (found,) = app.environments.list(states="available", search="review", get_all=True)
    environment = app.environments.get(found.id)
    assert (environment.name, environment.state) == ("review/main", "available")
    assert environment.last_deployment["deployable"]["name"] == "deploy"
    (deployment,) = app.deployments.list(environment="review/main", status="success", get_all=True)
    assert app.deployments.get(deployment.id).environment["name"] == "review/main"
    with pytest.raises(GitlabError) as refused:
        environment.delete()
    assert refused.value.response_code == 403
    environment.stop()
    assert app.environments.get(found.id).state == "stopping"
    assert run(world, app, runner_token) == "stop"
    assert app.environments.get(found.id).state == "stopped"
    environment.delete()
    assert app.environments.list(get_all=True) == []


def test_an_environment_is_created_and_changed_by_hand(world: World, app: Any) -> None:
    made = app.environments.create({"name": "by hand", "external_url": "https://hand.example.org"})
    made.external_url = "https://other.example.org"
    made.save()
    assert app.environments.get(made.id).external_url == "https://other.example.org"
    with pytest.raises(GitlabError) as refused:
        app.environments.create({"name": "by hand"})
    assert refused.value.response_code == 400
    assert "already been taken" in str(refused.value)
