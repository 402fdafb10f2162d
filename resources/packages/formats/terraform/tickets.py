"""The short-lived right to download one module.

terraform asks for an archive without its credential, at the address that it was told (resources.md §8.3). That address
carries a signed ticket: who asked, and for what. Whether they still may is asked of the gate again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

from django.conf import settings
from django.core import signing
from django.http import HttpRequest

from identity.credentials import request as credentials
from identity.credentials.table import CredentialKind, Surface
from identity.models import User
from identity.secrets import digests
from tokenaccess.access.gate import (
    check_as_deploy_token,
    check_as_user,
    check_as_visitor,
    check_job_digests,
    deny_unknown,
)
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.result import Access
from tokenaccess.access.sql.joined_read import JoinedReadParams, TargetJoin
from tokenaccess.policy import Action, DeployToken
from tokenaccess.policy.needs import NEEDS
from tokens.models import DeployToken as DeployTokenRow

T = TypeVar("T")

MAX_AGE = 300  # seconds


@lru_cache(maxsize=8)
def _signer(key: str, former: tuple[str, ...]) -> signing.TimestampSigner:
    """Kept, as making one takes a third of reading a ticket."""
    return signing.TimestampSigner(key=key, fallback_keys=list(former), salt="terraform module")


def _current_signer() -> signing.TimestampSigner:
    return _signer(settings.SECRET_KEY, tuple(settings.SECRET_KEY_FALLBACKS))


def create_ticket(request: HttpRequest, access: Access, project_id: int) -> str:
    """For whoever sends the request, who was admitted."""
    return _current_signer().sign_object({"project": project_id, **_holder(request, access)})


def _holder(request: HttpRequest, access: Access) -> dict[str, Any]:
    """A job's token stands here as the keyed digests by which the gate looks it up."""
    if isinstance(access.caller, DeployToken):
        return {"deploy": access.caller.id}
    if access.job is None:
        return {"user": access.user.pk} if access.user is not None else {}
    credential = credentials.find(request, Surface.API, NEEDS[access.action])
    assert credential is not None
    assert credential.kind == CredentialKind.JOB
    return {"job": digests(credential.secret)}


def check_ticket(ticket: str, joined: JoinedReadParams[T] | None) -> Access[T]:
    """What the gate says today of who got the ticket. An old or a forged one is a credential that nobody holds.

    `joined`: what is read of the project after a yes, for `access.joined`. For a job's ticket one statement.
    """
    try:
        known = _current_signer().unsign_object(ticket, max_age=MAX_AGE)
    except signing.BadSignature:
        return deny_unknown(Action.READ_PACKAGES)
    project = IdOrPath("id", known["project"])
    if "job" in known:
        return check_job_digests(known["job"], Action.READ_PACKAGES, project, joined)
    access: Access[T] = _check_holder(known, project)
    if joined is not None and access.decision.allowed:
        assert isinstance(joined.read, TargetJoin)
        access.joined = joined.read.read_alone(known["project"], joined.values)
    return access


def _check_holder(known: dict[str, Any], project: IdOrPath) -> Access:
    """Of a ticket that no job got."""
    if "deploy" in known:
        token = DeployTokenRow.objects.active().filter(pk=known["deploy"]).first()
        if token is None:
            return deny_unknown(Action.READ_PACKAGES)
        return check_as_deploy_token(token, Action.READ_PACKAGES, project)
    if "user" not in known:
        return check_as_visitor(Action.READ_PACKAGES, project)
    user = User.objects.filter(pk=known["user"]).first()
    return deny_unknown(Action.READ_PACKAGES) if user is None else check_as_user(user, Action.READ_PACKAGES, project)
