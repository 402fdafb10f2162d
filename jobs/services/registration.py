"""Registering runners the old way, with a token of the place they are to serve (runner.md §1.1)."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from audit import services as audit
from identity.models import User
from identity.secrets import Prefix, digest, digests, is_well_formed, mint
from jobs.models import RegistrationToken, Runner
from jobs.models.runner import RunnerType
from jobs.services.runners import create_runner
from projects.models import Group, Project


@transaction.atomic
def reset_registration_token(*, by: User, group: Group | None = None, project: Project | None = None) -> str:
    """The place's new token; a former one is worth nothing at once. With no place: the instance's.

    Until the first reset a place has none, and nobody registers a runner there this way.
    """
    # Two resets at once: the second waits, and its token is the one that stands.
    RegistrationToken.objects.filter(group=group, project=project).delete()
    secret = mint(Prefix.REGISTRATION)
    made = RegistrationToken.objects.create(group=group, project=project, digest=digest(secret))
    place = project or group
    message = f"The registration token of {place.full_path if place else 'the instance'} was reset"
    path = place.full_path if place else "the instance"
    audit.record("runner_registration_token_reset", message, by=by, on=place or made, path=path)
    return secret


def register_runner(secret: str, settings: dict[str, Any]) -> tuple[Runner, str] | None:
    """A new runner and its own token; None for an unknown registration token. Raises ValidationError."""
    if not is_well_formed(secret, Prefix.REGISTRATION):
        return None
    found = RegistrationToken.objects.select_related("group", "project")
    token = found.filter(digest__in=digests(secret)).first()
    if token is None:
        return None
    if token.project is not None:
        kind = RunnerType.PROJECT
    else:
        kind = RunnerType.GROUP if token.group is not None else RunnerType.INSTANCE
    return create_runner(
        runner_type=kind,
        by=None,
        group=token.group,
        project=token.project,
        registered=True,
        **settings,
    )
