"""What has run and what runs, and the runner that anyone can try the API of runners with."""

from __future__ import annotations

from identity.models import User
from identity.secrets import Prefix, digest, mint
from jobs.models import Runner
from jobs.models.runner import RunnerType
from projects.models import Project


def make(world: dict[str, Project], cast: dict[str, User]) -> str:
    """The plain token of an instance runner."""
    secret = mint(Prefix.RUNNER)
    Runner.objects.create(runner_type=RunnerType.INSTANCE, description="demo", digest=digest(secret))
    return secret
