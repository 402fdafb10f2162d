"""What a job is told of the container registry (runner.md §2.4, §7)."""

from __future__ import annotations

from typing import Any

from projects.services import update_project
from tests.factories import runners
from tests.factories.cast import Cast
from tests.support.runner import Work


def work(cast: Cast) -> Work:
    runners.pipeline(cast.app, cast.developer, runners.SIMPLE)
    return runners.runner(cast.app).work()


def test_a_job_knows_the_registry_and_its_image_and_the_runner_pulls_with_its_token(cast: Cast):
    found = work(cast)
    assert found.variables["CI_REGISTRY"] == "registry.example.com"
    assert found.variables["CI_REGISTRY_IMAGE"] == "registry.example.com/acme/app"
    assert found.variables["CI_REGISTRY_PASSWORD"] == found.token
    assert found.payload["credentials"] == [
        {
            "type": "registry",
            "url": "registry.example.com",
            "username": "gitlab-ci-token",
            "password": found.token,
        }
    ]


def test_a_project_without_the_feature_has_no_image(cast: Cast):
    update_project(cast.app, by=cast.owner, container_registry_access_level=0)
    assert "CI_REGISTRY_IMAGE" not in work(cast).variables


def test_without_a_registry_there_is_nothing_to_know(cast: Cast, settings: Any):
    settings.REGISTRY_ENABLED = False
    found = work(cast)
    assert not {"CI_REGISTRY", "CI_REGISTRY_IMAGE"}.intersection(found.variables)
    assert found.payload["credentials"] is None
