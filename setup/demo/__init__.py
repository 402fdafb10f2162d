"""A small world to try things in: people in every role, nested groups, projects with real repositories, pipelines."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import transaction

from audit import services as audit
from audit.models import AuditEvent
from setup.demo import packages, people, places, runs

TOP_GROUP = "acme"
EVENT = "demo_made"


@transaction.atomic
def ensure() -> str | None:
    """Makes the world and says how to get in, with the secrets that are told this once.

    None when it was made before: what somebody took away since does not come back. Raises ValidationError when one of
    its names is taken.
    """
    if AuditEvent.objects.filter(event=EVENT).exists():
        return None
    password = settings.DEMO_PASSWORD or secrets.token_urlsafe(9)
    cast = people.create_people(password)
    world = places.create_projects(TOP_GROUP, cast)
    packages.create_packages(world, cast)
    runner_token = runs.create_pipelines(world, cast)
    top = world["library"].group
    audit.record(EVENT, "The demo world was created", by=None, on=top, path=top.full_path)
    return _describe(password, runner_token)


def _describe(password: str, runner_token: str) -> str:
    given = " (TOKENACCESS_DEMO_PASSWORD)" if settings.DEMO_PASSWORD else "  (shown this once)"
    return "\n".join(
        [
            "The demo world is made: the groups acme, acme/platform and acme/platform/tools with six projects.",
            f"  People        {', '.join(people.USERNAMES)}",
            f"  Their password  {password}{given}",
            f"  A runner      {runner_token}  (shown this once)",
        ]
    )
