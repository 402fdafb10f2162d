"""What jobs have deployed."""

from __future__ import annotations

from typing import Any

from jobs.models import Environment
from jobs.pipelines.plan import PipelineRequest
from jobs.pipelines.services import create_pipeline
from tests.factories import runners
from tests.factories.cast import Cast
from tests.support.runner import FakeRunner

REVIEW = """
stages: [deploy, test, clean]
deploy:
  stage: deploy
  script: [make deploy]
  environment:
    name: review/$CI_COMMIT_REF_NAME
    url: https://$CI_ENVIRONMENT_SLUG.example.org
    on_stop: stop
    auto_stop_in: 2 days
stop:
  stage: deploy
  script: [make clean]
  when: manual
  environment: {name: review/$CI_COMMIT_REF_NAME, action: stop}
"""


def deploy(cast: Cast, yaml: str = REVIEW, **more: Any) -> tuple[Environment, FakeRunner]:
    """What the only automatic job of the pipeline has deployed, and a runner for what follows."""
    runners.pipeline(cast.app, cast.developer, yaml, **more)
    runner = runners.runner(cast.app)
    runner.work().succeed()
    return Environment.objects.get(), runner


def deployed_from_topic(cast: Cast) -> tuple[Environment, FakeRunner]:
    """The same from a branch of its own."""
    runners.push_file(cast.app, REVIEW, branch="topic")
    request = PipelineRequest(project=cast.app, ref="topic", user=cast.developer, source="api")
    create_pipeline(request)
    runner = runners.runner(cast.app)
    runner.work().succeed()
    return Environment.objects.get(name="review/topic"), runner


def again(environment: Environment) -> Environment:
    """As it is now."""
    environment.refresh_from_db()
    return environment
