"""Registers runners with the registration token of a project, a group or the instance (runner.md §1.1)."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from audit import services as audit
from identity.credentials.lookup import find_token
from identity.credentials.table import CredentialKind, Prefix
from identity.models import User
from identity.secrets import digest, mint
from jobs.models import RegistrationToken, Runner
from jobs.runners.services import create_runner
from jobs.runners.types import RunnerType
from projects.models import Group, Project
from tokenaccess.models import InstanceSettings

NO_REGISTRATION = (
    "410 Gone - Registration tokens are turned off on this instance, because whoever holds one may add runners for "
    "good. Create the runner on the Runners page or with POST /user/runners, and register it with the token that it "
    "gets (glrt-…). An administrator can turn them on: allow_runner_registration_token."
)


def takes_registration_tokens() -> bool:
    """Off on a new instance."""
    return InstanceSettings.current().allow_runner_registration_token


@transaction.atomic
def reset_registration_token(*, by: User, group: Group | None = None, project: Project | None = None) -> str:
    """Create the registration token of a group, a project or, with neither, the instance. The old one becomes invalid.

    Until the first reset there is no token, so nobody can register runners this way.
    """
    # Of two concurrent resets the second waits here, and its token is valid in the end.
    RegistrationToken.objects.filter(group=group, project=project).delete()
    secret = mint(Prefix.REGISTRATION)
    token = RegistrationToken.objects.create(group=group, project=project, digest=digest(secret))
    _record(token, "reset", by)
    return secret


@transaction.atomic
def revoke_registration_token(token: RegistrationToken, *, by: User) -> None:
    """Until the next reset there is none."""
    _record(token, "revoked", by)
    token.delete()


def _record(token: RegistrationToken, word: str, by: User) -> None:
    owner = token.project or token.group
    path = owner.full_path if owner else "the instance"
    message = f"The registration token of {path} was {word}"
    audit.record(f"runner_registration_token_{word}", message, by=by, on=owner or token, path=path)


def register_runner(secret: str, settings: dict[str, Any]) -> tuple[Runner, str] | None:
    """Create a runner with a registration token. Returns it and its own token; None if the token is unknown.

    `settings`: fields as for `create_runner`. Raises ValidationError.
    """
    token: RegistrationToken | None = find_token(CredentialKind.RUNNER_REGISTRATION, secret)
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
