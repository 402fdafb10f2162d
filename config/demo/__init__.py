"""A small world to try things in: people in every role, nested groups, projects with real repositories, pipelines."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import transaction

from config.demo import extras, people, places, runs
from projects.models import Group

TOP_GROUP = "acme"


@transaction.atomic
def ensure() -> str | None:
    """Makes the world and says how to get in, with the secrets that are told this once; None when it is there."""
    if Group.objects.at_path(TOP_GROUP).exists():
        return None
    password = settings.DEMO_PASSWORD or secrets.token_urlsafe(9)
    cast = people.make(password)
    world = places.make(TOP_GROUP, cast)
    extras.make(world, cast)
    runner_token = runs.make(world, cast)
    return _told(password, runner_token)


def _told(password: str, runner_token: str) -> str:
    given = " (TOKENACCESS_DEMO_PASSWORD)" if settings.DEMO_PASSWORD else "  (shown this once)"
    return "\n".join(
        [
            "The demo world is made: the groups acme, acme/platform and acme/platform/tools with six projects.",
            f"  People        {', '.join(people.USERNAMES)}",
            f"  Their password  {password}{given}",
            f"  A runner      {runner_token}  (shown this once)",
        ]
    )
